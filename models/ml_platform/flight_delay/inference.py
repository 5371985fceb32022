"""Serve the model: the two functions that SageMaker's XGBoost container calls.

`text/csv` is rows of the features in order, without header and label; `application/json` is
`{"flights": [{feature: value, ...}, ...]}`, where weather that nobody measured, and delays that the
caller does not know, are null or absent. A flight of JSON may have an `event_id`, by which captured
answers are joined with outcomes later; the model never sees it.
The answer is `{"predictions": [{"delayed": true, "probability": 0.61}, ...]}`, or, to whoever takes
`text/csv` alone, as batch transforms do, a line with the probability for each flight. Whatever else
comes is refused with a 4xx and a sentence that says what is wrong, where.

The container serves with Flask. Its toolkit turns every exception into a 500, which the roll-back
alarm of an endpoint counts, so `transform_fn` answers a caller's mistake itself. There must be no
`input_fn`, `predict_fn` or `output_fn` beside it: the container would not start
(github.com/aws/sagemaker-xgboost-container, serving.py, read 2026-11-28).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from flask import Response

from features import CATEGORICAL, EVENT_ID, FEATURES, KNOWN, OPTIONAL, known_categories

_JSON, _CSV = "application/json", "text/csv"
# A batch transform puts up to one mebibyte into a request, and no valid line is below 21 bytes.
_MOST_FLIGHTS = 50_000
_DELAYED_FROM = 0.5
# What no flight passes, no weather on record, and no delay: a day early, ten days late.
_ALLOWED = {
    "month": (1, 12),
    "weekday": (1, 7),
    "hour": (0, 23),
    "distance_miles": (1, 12_500),
    "temperature_fahrenheit": (-130, 140),
    "wind_speed_miles_per_hour": (0, 300),
    "wind_gust_miles_per_hour": (0, 300),
    "precipitation_inches": (0, 20),
    "visibility_miles": (0, 20),
    "airport_delay_minutes": (-1440, 14400),
    "aircraft_delay_minutes": (-1440, 14400),
}
_ONLY_WHOLE = {"month", "weekday", "hour"}
Flight = list[str | float | None]  # in the order of FEATURES


class RequestError(Exception):
    """A request that cannot be answered, and the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Model:
    """The booster, and the place of each category it knows."""

    booster: xgb.Booster
    codes: dict[str, dict[str, int]]


def model_fn(model_dir: str) -> Model:
    """What `train.py` left in `model_dir`."""
    booster = xgb.Booster(model_file=Path(model_dir) / "model.ubj")
    known_codes = known_categories(booster.attr("categories"))
    codes = {
        name: {value: code for code, value in enumerate(known_codes[name])} for name in CATEGORICAL
    }
    return Model(booster, codes)


def transform_fn(
    model: Model, body: str | bytes, content_type: str | None, accept: str | None
) -> Response:
    """The response to a request: predictions, or a 4xx with a sentence."""
    try:
        text, kind = answer_of(predict(flights_of(body, content_type), model), accept)
    except RequestError as error:
        return Response(str(error), error.status, content_type="text/plain")
    return Response(text, content_type=kind)


def flights_of(body: str | bytes, content_type: str | None) -> list[Flight]:
    """The flights of a request. Raises RequestError: 415 for another type, 400 for bad flights."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _CSV):
        raise RequestError(415, f"Content-Type {content_type!r} is not taken: send {_JSON}, {_CSV}")
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8: {error}") from None
    # The toolkit decodes the usual types itself, and puts this where it cannot.
    if "\ufffd" in text:
        raise RequestError(400, "the body is not UTF-8, or holds U+FFFD")
    flights = _json(text) if kind == _JSON else _csv(text)
    if not flights:
        raise RequestError(400, "the request holds no flight: send at least one")
    if len(flights) > _MOST_FLIGHTS:
        raise RequestError(
            413, f"{len(flights)} flights are too many: send {_MOST_FLIGHTS} at most"
        )
    return [_flight(row, flight) for row, flight in enumerate(flights)]


def predict(flights: list[Flight], model: Model) -> list[float]:
    """The probability of a delay, for each flight."""
    numbers = np.array(flights, dtype=object)
    for place, name in enumerate(CATEGORICAL):
        # A code that the model has never seen tells it nothing: missing, then, and not an error.
        numbers[:, place] = [model.codes[name].get(code) for code in numbers[:, place]]
    probabilities: list[float] = model.booster.inplace_predict(numbers.astype(np.float32)).tolist()
    return probabilities


def answer_of(probabilities: list[float], accept: str | None) -> tuple[str, str]:
    """The answer and its type. Raises RequestError 406 for a client that takes neither."""
    takes = {kind.partition(";")[0].strip().lower() for kind in (accept or "*/*").split(",")}
    if not takes & {_JSON, "application/*", "*/*", ""}:
        if _CSV in takes:
            return "".join(f"{probability:.6f}\n" for probability in probabilities), _CSV
        raise RequestError(406, f"Accept {accept!r} cannot be given: take {_JSON}, {_CSV}")
    predictions = [
        {"delayed": probability >= _DELAYED_FROM, "probability": round(probability, 6)}
        for probability in probabilities
    ]
    return json.dumps({"predictions": predictions}), _JSON


def _json(text: str) -> list[Any]:
    try:
        # NaN and Infinity are Python's own idea of JSON.
        request = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, f"the body is no JSON: {error}") from None
    flights = request.get("flights") if isinstance(request, dict) else None
    if not isinstance(flights, list):
        raise RequestError(400, 'the body must be {"flights": [{feature: value, ...}, ...]}')
    return flights


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _csv(text: str) -> list[Any]:
    # Not splitlines(): to it, more than a line feed ends a line.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return [_fields(row, line) for row, line in enumerate(line for line in lines if line)]


def _fields(row: int, line: str) -> dict[str, Any]:
    fields = line.split(",")
    if len(fields) != len(FEATURES):
        expected = f"{len(FEATURES)}: {', '.join(FEATURES)}"
        raise RequestError(400, f"flight {row} has {len(fields)} fields, and not {expected}")
    flight: dict[str, Any] = {
        name: field for name, field in zip(FEATURES, fields, strict=True) if field
    }
    for name in flight.keys() - set(CATEGORICAL):
        try:
            flight[name] = float(flight[name])
        except ValueError:
            raise _refused(row, name, flight[name]) from None
    return flight


def _flight(row: int, flight: Any) -> Flight:
    if not isinstance(flight, dict):
        raise RequestError(400, f"flight {row} must be an object of features")
    for name in flight:
        if name == EVENT_ID:
            _check_id(row, flight[name])
        elif name not in FEATURES:
            features = ", ".join(FEATURES)
            raise RequestError(
                400, f"flight {row}: {name[:40]!r} is no feature; known are {features}"
            )
    codes = [_code(row, name, flight.get(name)) for name in CATEGORICAL]
    return [*codes, *(_number(row, name, flight.get(name)) for name in (*KNOWN, *OPTIONAL))]


def _check_id(row: int, value: Any) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= 128:
        raise RequestError(
            400,
            f"flight {row}: {EVENT_ID} must be a text of 1 to 128 characters, not {_shown(value)}",
        )


def _code(row: int, name: str, value: Any) -> str:
    if isinstance(value, str) and 1 <= len(value) <= 4:
        return value
    raise RequestError(
        400, f"flight {row}: {name} must be a code of 1 to 4 characters, not {_shown(value)}"
    )


def _number(row: int, name: str, value: Any) -> float | None:
    if value is None and name in OPTIONAL:
        return None
    low, high = _ALLOWED[name]
    # Comparing refuses NaN, too; to Python, true is a number.
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        number = float(value)
        if name not in _ONLY_WHOLE or number.is_integer():
            return number
    raise _refused(row, name, value)


def _refused(row: int, name: str, value: Any) -> RequestError:
    low, high = _ALLOWED[name]
    kind = "a whole number" if name in _ONLY_WHOLE else "a number"
    absent = ", or null or absent" if name in OPTIONAL else ""
    return RequestError(
        400,
        f"flight {row}: {name} must be {kind} from {low} to {high}{absent}, not {_shown(value)}",
    )


def _shown(value: Any) -> str:
    # Python refuses to write very long numbers out.
    return "a number too long" if isinstance(value, int) and abs(value) > 1e15 else repr(value)[:40]
