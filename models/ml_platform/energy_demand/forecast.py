"""A forecast: quantiles of demand for each half hour of the next days, in Forecast's place (AI-10).

Nothing enters but what is known before.

The cut-off is a midnight. What is known then: demand and temperature until it, and the calendar
of the days to come. The weather of the days to come is not: a forecast of it would take the place
of `temperature_a_week_before`, and none is in this data. `weather="observed"` takes the weather
that followed, which nobody has: it is for measuring how much a perfect forecast of it would be
worth.

The trees' own band is too narrow, for they have seen the days that they were fitted to. So it is
widened by what it missed in the CALIBRATION_WEEKS before the cut-off, none of which the booster was
fitted to: split conformal prediction for quantiles (arxiv.org/abs/1905.03222, section 4, each side
alone). It promises coverage for days that are like those weeks, and demand has weeks that are
not: the evaluation measures it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from demand import HALF_HOURS, DataError, Numbers, Series

QUANTILES = (0.1, 0.5, 0.9)
HORIZON_DAYS = 7
CALIBRATION_WEEKS = 6
# A week's own weekly lags.
LAG_WEEKS = 4
HISTORY_DAYS = 7 * LAG_WEEKS
"""Days before a cut-off that its features are made of."""
NEEDED_DAYS = HISTORY_DAYS + 7 * CALIBRATION_WEEKS
"""Days before a cut-off that a calibrated forecast is made of."""
_ALIKE = 3
Weather = Literal["last_week", "observed"]
FEATURES = [
    "half_hour",
    "weekday",
    "workday",
    "days_ahead",
    *(f"demand_{weeks}_weeks_before" for weeks in range(1, LAG_WEEKS + 1)),
    "workday_a_week_before",
    "workday_the_day_before",
    "demand_of_the_last_day",
    "demand_of_the_last_day_alike",
    "mean_demand_of_the_last_days_alike",
    "mean_demand_of_the_last_day",
    "mean_demand_of_the_last_week",
    "mean_demand_of_the_week_before",
    "mean_temperature_of_the_last_day",
    "mean_temperature_of_the_last_week",
    "temperature_a_week_before",
    "mean_temperature_a_week_before",
]
OBSERVED = ["temperature", "mean_temperature"]
Rows = NDArray[np.float32]


def feature_names(weather: Weather) -> list[str]:
    """The columns of `features`."""
    return FEATURES + (OBSERVED if weather == "observed" else [])


def features(
    series: Series, origin: int, days: int = HORIZON_DAYS, weather: Weather = "last_week"
) -> Rows:
    """The model's numbers for `days` days from day `origin` on: a row for each half hour.

    Raises DataError if fewer than HISTORY_DAYS lie before.
    """
    if origin < HISTORY_DAYS:
        raise DataError(
            f"a forecast from {series.date(origin):%Y-%m-%d} on needs {HISTORY_DAYS} days before"
            f" it, and there are {origin}"
        )
    # Nothing later can be read from here on.
    before = series.until(origin)
    rows = [_of_day(before, origin + ahead) for ahead in range(days)]
    if weather == "observed":
        for ahead in range(days):
            temperature = series.temperature[origin + ahead]
            rows[ahead] = np.vstack([rows[ahead], _columns(temperature, temperature.mean())])
    return np.concatenate([row.T for row in rows]).astype(np.float32)


def _of_day(before: Series, day: int) -> Numbers:
    """The features of one day to come, of the shape (features, 48)."""
    demand, temperature, workdays = before.demand, before.temperature, before.workdays
    alike = [past for past in range(before.days - 1, -1, -1) if workdays[past] == workdays[day]]
    # Four weeks have both kinds of days, unless somebody's calendar has not.
    last_alike = demand[alike[:_ALIKE] or [before.days - 1]]
    return _columns(
        np.arange(HALF_HOURS, dtype=float),
        float(before.date(day).weekday()),
        workdays[day],
        day - before.days,
        *(demand[day - 7 * weeks] for weeks in range(1, LAG_WEEKS + 1)),
        workdays[day - 7],
        workdays[day - 1],
        demand[-1],
        last_alike[0],
        last_alike.mean(axis=0),
        demand[-1].mean(),
        demand[-7:].mean(),
        demand[-14:-7].mean(),
        temperature[-1].mean(),
        temperature[-7:].mean(),
        temperature[day - 7],
        temperature[day - 7].mean(),
    )


def _columns(*values: Numbers | float) -> Numbers:
    return np.vstack([np.broadcast_to(value, HALF_HOURS) for value in values])


def weather_of(booster: xgb.Booster) -> Weather:
    """The weather that a booster was fitted with."""
    return "observed" if booster.num_features() > len(FEATURES) else "last_week"


def own_quantiles(
    booster: xgb.Booster, series: Series, origin: int, days: int = HORIZON_DAYS
) -> Numbers:
    """The booster's own quantiles, gigawatts, of the shape (days x 48, 3), sorted."""
    rows = features(series, origin, days, weather_of(booster))
    predictions: Numbers = booster.inplace_predict(rows).astype(float)
    return np.sort(predictions, axis=1)


def widening(quantiles: Numbers, demand: Numbers) -> tuple[float, float]:
    """How far to move the lower and the upper quantile, in gigawatts, outwards.

    `quantiles` are forecasts, of the shape (half hours, 3), and `demand` is what followed.
    """
    # The finite-sample level of split conformal prediction. Half hours of a day miss together, so
    # the sample is one of days: of 42, and not of 2,016.
    days = len(demand) // HALF_HOURS
    level = min(1.0, np.ceil((days + 1) * (1 - QUANTILES[0])) / days)
    place = int(np.ceil(level * len(demand))) - 1
    below = np.sort(quantiles[:, 0] - demand)[place]
    above = np.sort(demand - quantiles[:, -1])[place]
    return float(below), float(above)


def widened(quantiles: Numbers, widths: tuple[float, float]) -> Numbers:
    """The quantiles with their outer ones moved outwards; they stay in order."""
    moved: Numbers = quantiles + np.array([-widths[0], 0.0, widths[1]])
    moved[:, 0] = np.minimum(moved[:, 0], moved[:, 1])
    moved[:, -1] = np.maximum(moved[:, -1], moved[:, 1])
    return moved


def forecast(
    booster: xgb.Booster, series: Series, origin: int, days: int = HORIZON_DAYS
) -> Numbers:
    """Calibrated quantiles from day `origin` on: gigawatts, of the shape (days x 48, 3).

    Raises DataError if there are too few days before it, or if the booster was fitted to some of
    the weeks that calibrate it.
    """
    first = origin - 7 * CALIBRATION_WEEKS
    if origin < NEEDED_DAYS:
        raise DataError(
            f"a forecast from {series.date(origin):%Y-%m-%d} on needs {NEEDED_DAYS} days before it:"
            f" {CALIBRATION_WEEKS} weeks to calibrate it, and {HISTORY_DAYS} days before these;"
            f" there are {origin}"
        )
    fitted_until = booster.attr("fitted_until")
    if fitted_until and f"{series.date(first):%Y-%m-%d}" <= fitted_until:
        raise DataError(
            f"the model was fitted to the days until {fitted_until}, and the weeks that calibrate"
            f" this forecast begin on {series.date(first):%Y-%m-%d}: it knows them, and would be"
            " too sure of itself"
        )
    past = [
        (own_quantiles(booster, series, start), series.demand[start : start + 7].ravel())
        for start in range(first, origin, 7)
    ]
    widths = widening(
        np.concatenate([quantiles for quantiles, _ in past]),
        np.concatenate([demand for _, demand in past]),
    )
    return widened(own_quantiles(booster, series, origin, days), widths)
