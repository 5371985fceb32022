"""Serve the model: the four functions that SageMaker's XGBoost container calls.

`text/csv` is rows of the features in order, without header and label; `application/json` is
`{"flights": [{feature: value, ...}, ...]}`, where weather that nobody measured is null or absent.
The answer is `{"predictions": [{"delayed": true, "probability": 0.61}, ...]}`. Whatever else comes
is refused with a 4xx and a sentence that says what is wrong, where.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import xgboost as xgb

from features import CATEGORICAL, FEATURES, KNOWN, WEATHER, typed

_JSON, _CSV = "application/json", "text/csv"
_MOST_FLIGHTS = 10_000
_ALLOWED = {"month": (1, 12), "weekday": (1, 7), "hour": (0, 23), "distance_miles": (1, 12_500)}


class RequestError(Exception):
    """A request that cannot be answered, as the container's serving layer reports it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status
        self.message = message


def model_fn(model_dir: str) -> xgb.Booster:
    """The booster that `train.py` left in `model_dir`."""
    return xgb.Booster(model_file=Path(model_dir) / "model.ubj")


def input_fn(body: str | bytes, content_type: str) -> pd.DataFrame:
    """The flights of a request. Raises RequestError: 415 for another type, 400 for bad flights."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _CSV):
        raise RequestError(415, f"{content_type!r} is not taken: send {_JSON} or {_CSV}")
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8: {error}") from None
    flights = _json(text) if kind == _JSON else _csv(text)
    if not flights:
        raise RequestError(400, "the request holds no flight: send at least one")
    if len(flights) > _MOST_FLIGHTS:
        raise RequestError(
            413, f"{len(flights)} flights are too many: send {_MOST_FLIGHTS} at most"
        )
    for number, flight in enumerate(flights):
        _check(number, flight)
    return typed(pd.DataFrame(flights, columns=FEATURES))


def predict_fn(flights: pd.DataFrame, model: xgb.Booster) -> list[float]:
    """The probability of a delay, for each flight."""
    # Codes by the model's own list: those of a request's few flights would mean something else. One
    # that the model has never seen tells it nothing: missing, then, and not an error.
    for name, known in _codes(model).items():
        flights[name] = pd.Categorical(flights[name], categories=known)
    matrix = xgb.DMatrix(flights, enable_categorical=True)
    return [float(each) for each in model.predict(matrix)]


def output_fn(probabilities: list[float], accept: str) -> tuple[str, str]:
    """The answer and its type. Raises RequestError 406 for a client that takes no JSON."""
    takes = [each.partition(";")[0].strip().lower() for each in (accept or "*/*").split(",")]
    if not {_JSON, "application/*", "*/*", ""} & set(takes):
        raise RequestError(406, f"{accept!r} cannot be given: accept {_JSON}")
    predictions = [
        {"delayed": each >= 0.5, "probability": round(each, 6)} for each in probabilities
    ]
    return json.dumps({"predictions": predictions}), _JSON


def _codes(model: xgb.Booster) -> dict[str, list[str]]:
    """The codes that the booster was trained on, by feature, in its order."""
    categories = model.get_categories(export_to_arrow=True).to_arrow()
    return {name: values.to_pylist() for name, values in categories if values is not None}


def _json(text: str) -> list[Any]:
    try:
        # NaN and Infinity are Python's own idea of JSON.
        request = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, f"the body is no JSON: {error}") from None
    flights = request.get("flights") if isinstance(request, dict) else None
    if not isinstance(flights, list):
        raise RequestError(400, 'the body must be {"flights": [...]}')
    return flights


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _csv(text: str) -> list[Any]:
    flights = []
    for number, line in enumerate(io.StringIO(text)):
        fields = line.rstrip("\r\n").split(",")
        if fields == [""]:
            continue
        if len(fields) != len(FEATURES):
            raise RequestError(
                400, f"line {number} has {len(fields)} fields, not {len(FEATURES)}: {FEATURES}"
            )
        flight: dict[str, Any] = dict(zip(FEATURES, fields, strict=True))
        for name in (*KNOWN, *WEATHER):
            flight[name] = _number(number, name, flight[name])
        flights.append(flight)
    return flights


def _number(row: int, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise RequestError(400, f"flight {row}: {name} must be a number, not {text!r}") from None


def _check(row: int, flight: Any) -> None:
    if not isinstance(flight, dict):
        raise RequestError(400, f"flight {row} must be an object")
    if unknown := [str(name) for name in flight if name not in FEATURES]:
        raise RequestError(400, f"flight {row}: {unknown[0]!r} is no feature; known are {FEATURES}")
    for name in CATEGORICAL:
        value = flight.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= 4:
            raise RequestError(400, f"flight {row}: {name} must be a code of 1 to 4 characters")
    for name in (*KNOWN, *WEATHER):
        value = flight.get(name)
        if value is None and name in WEATHER:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RequestError(400, f"flight {row}: {name} must be a number")
        low, high = _ALLOWED.get(name, (-1000, 1000))
        if not low <= value <= high:  # which no NaN passes, either
            raise RequestError(400, f"flight {row}: {name} must be between {low} and {high}")
