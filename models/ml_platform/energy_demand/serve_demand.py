"""Serve the model: what SageMaker's XGBoost container calls, in a batch transform or an endpoint.

A request is the history until a cut-off and the calendar of up to seven days after it: `text/csv`
as `demand.py` reads it, where the days to come have neither demand nor temperature. The answer is
`text/csv`: a line for each half hour to come, `time, q10, q50, q90, cut_off`, the quantiles in
gigawatts. Whatever else
comes is refused with a 4xx and a sentence that says what is wrong, where.

The container serves with Flask. Its toolkit turns every exception into a 500, so `transform_fn`
answers a caller's mistake itself. There must be no `input_fn`, `predict_fn` or `output_fn` beside
it: the container would not start
(github.com/aws/sagemaker-xgboost-container, serving.py, read 2026-11-28).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xgboost as xgb
from flask import Response

from demand import HALF_HOURS, DataError, parse
from forecast import HORIZON_DAYS, forecast

_CSV = "text/csv"


def model_fn(model_dir: str) -> xgb.Booster:
    """What `train_demand.py` left in `model_dir`."""
    return xgb.Booster(model_file=Path(model_dir) / "model.ubj")


def transform_fn(
    model: xgb.Booster, body: str | bytes, content_type: str | None, accept: str | None
) -> Response:
    """The response to a request: a forecast, or a 4xx with a sentence."""
    if _kinds(content_type) != {_CSV}:
        return _refusal(415, f"Content-Type {content_type!r} is not taken: send {_CSV}")
    if not _kinds(accept or "*/*") & {_CSV, "text/*", "*/*"}:
        return _refusal(406, f"Accept {accept!r} cannot be given: take {_CSV}")
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
        return Response(answer_of(text, model), content_type=_CSV)
    except UnicodeDecodeError as error:
        return _refusal(400, f"the body is not UTF-8: {error}")
    except DataError as error:
        return _refusal(400, str(error))


def answer_of(text: str, model: xgb.Booster) -> str:
    """The forecast of the days to come, as CSV. Raises DataError."""
    series = parse(text)
    if not 1 <= series.days_to_come <= HORIZON_DAYS:
        raise DataError(
            f"the request has {series.days_to_come} days to come, without demand: send the calendar"
            f" of 1 to {HORIZON_DAYS} days after the history"
        )
    quantiles = forecast(model, series, series.days, series.days_to_come)
    times = pd.date_range(
        series.date(series.days), periods=series.days_to_come * HALF_HOURS, freq="30min"
    )
    cut_off = f"{series.date(series.days):%Y-%m-%d}"
    return "".join(
        f"{time:%Y-%m-%d %H:%M},{low:.6f},{median:.6f},{high:.6f},{cut_off}\n"
        for time, (low, median, high) in zip(times, quantiles, strict=True)
    )


def _kinds(header: str | None) -> set[str]:
    return {kind.partition(";")[0].strip().lower() for kind in (header or "").split(",")}


def _refusal(status: int, sentence: str) -> Response:
    return Response(sentence, status, content_type="text/plain")
