"""Judges forecasts in the environment of the jobs: `folder`, and a file of MSTL's quantiles.

Prints JSON: of the model, with the weather of last week and with the observed one, of "a week ago"
and of MSTL the loss, the error of the median and the coverage, each with its interval, and the
difference in loss from the model's.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from demand import Numbers
from evaluate_demand import (
    SPLITS,
    a_week_ago,
    a_week_ago_with_band,
    cut_offs,
    followed,
    joined,
    load_model,
)
from forecast import forecast, own_quantiles
from judgement_of_quantiles import Judged, draws_of, interval, judged


def main() -> None:
    """Judge every forecast by the same draws of days."""
    folder, mstl = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    series, first = joined({name: folder / f"split={name}" for name in SPLITS})
    origins = cut_offs(series, first)
    last_week, observed = (load_model(folder / name) for name in ("last_week", "observed"))
    quantiles: dict[str, list[Numbers]] = {
        "model": [forecast(last_week, series, origin) for origin in origins],
        "uncalibrated": [own_quantiles(last_week, series, origin) for origin in origins],
        "observed": [forecast(observed, series, origin) for origin in origins],
        "a_week_ago": [a_week_ago(series, origin) for origin in origins],
        "a_week_ago_with_band": [a_week_ago_with_band(series, origin) for origin in origins],
        "mstl": [np.array(week) for week in mstl],
    }
    demand = [followed(series, origin) for origin in origins]
    every = {name: judged(demand, weeks) for name, weeks in quantiles.items()}
    draws = draws_of(len(every["model"].demand))
    print(json.dumps({name: _row(forecasts, every, draws) for name, forecasts in every.items()}))


def _row(forecasts: Judged, every: dict[str, Judged], draws: Numbers) -> dict[str, Any]:
    return {
        "wql": float(forecasts.wql()[0]),
        "wql_interval": interval(forecasts.wql(draws)),
        "mape": float(forecasts.mape()[0]),
        "coverage": float(forecasts.coverage()[0]),
        "coverage_interval": interval(forecasts.coverage(draws)),
        "loses_more": interval(forecasts.wql(draws) - every["model"].wql(draws)),
    }


if __name__ == "__main__":
    main()
