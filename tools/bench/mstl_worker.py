"""Forecasts of MSTL, in an environment that has statsforecast: a JSON line for each cut-off.

Called with a CSV file of the model's columns, and the cut-offs as dates. Each line holds the
quantiles 0.1, 0.5 and 0.9 of the 336 half hours that follow, in gigawatts; the median is the mean,
for its errors are symmetric.
"""

import json
import sys

import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import MSTL, AutoETS

_COLUMNS = ["y", "ds", "workday", "temperature"]
_HORIZON = 336


def main() -> None:
    """Fit on everything before each cut-off, and forecast a week."""
    rows = pd.read_csv(sys.argv[1], header=None, names=_COLUMNS, parse_dates=["ds"])
    rows["unique_id"] = "demand"
    for cut_off in sys.argv[2:]:
        history = rows[rows["ds"] < pd.Timestamp(cut_off)]
        model = MSTL(season_length=[48, 336], trend_forecaster=AutoETS(model="ZZN"))
        forecaster = StatsForecast(models=[model], freq="30min")
        frame = forecaster.forecast(
            df=history[["unique_id", "ds", "y"]], h=_HORIZON, level=[80]
        ).reset_index()
        quantiles = frame[["MSTL-lo-80", "MSTL", "MSTL-hi-80"]].to_numpy().tolist()
        print(json.dumps(quantiles), flush=True)


if __name__ == "__main__":
    main()
