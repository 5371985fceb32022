"""What the drift check compares requests with: the training set in bins, and limits from its days.

The distance is relative entropy, the sum over bins of b * ln(b / a): a is a bin's share of the
training set, b its share of the requests. It says how unlikely these requests would be in the
training set. PSI, the population stability index, adds the same with a and b exchanged, which
counts bins that the requests leave empty. A winter's day leaves every summer temperature empty, so
PSI of a good day was half of what it can be at all, and a broken thermometer went unseen.

Month, weekday and hour are left out: a window of a few days has one month by nature. A week has
each weekday and each hour, as the training set has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from features import CATEGORICAL, DEPARTURE, OPERATION, WEATHER

COMPARED = [*CATEGORICAL, "distance_miles", *WEATHER, *OPERATION]
# A broken source shows within a day; what is small beside a day's weather, within a week.
WINDOW_HOURS = (24, 168)
# A window of fewer flights is not compared: ml_endpoint.drift_minimum_flights is at least this.
FEWEST_FLIGHTS = 500
# Of days like those of the training set, this share may alarm, over all features and windows.
FALSE_ALARMS = 0.01
# A rare code's share is noise in a few hundred flights: all rare ones are one bin.
_RARE = 0.01
# An empty bin would make the entropy infinite: it counts as holding this share.
LEAST_SHARE = 1e-4
# Half of the PSI of 0.1 below which a feature is commonly called stable: however steady it has
# been, a shift below this is none to act on.
_STABLE = 0.05
# By chance alone, samples of one distribution are further apart once in a thousand.
_CHANCE = 0.999
# A window's length has a limit if the set has room for so many of them.
_FEWEST_WINDOWS = 4
# Days of one week share its weather. Of a set that has few weeks, single days are left out.
_WEEK, _FEWEST_WEEKS = 7, 8
Shares = NDArray[np.float64]
Bins = NDArray[np.int_]
Figures = dict[str, Any]
# Window's length -> for each day of the set, the largest distance of a window that ends in it,
# without what chance explains. NaN: no window of that day has enough flights.
Reached = Mapping[int, Shares]


def statistics(flights: pd.DataFrame) -> Figures:
    """Bins, shares and limits of each compared feature, for `flights` in the order of departure.

    The limit of a window of n flights is `limits[hours] + noise * (1 / n + 1 / rows)`. The second
    part is what chance explains: for two samples of one distribution, 2 * entropy / (1 / n +
    1 / rows) is chi-squared with bins - 1 degrees of freedom. The first part is what the set's own
    days reach beyond that, times a factor so that of new days like these FALSE_ALARMS alarm.
    """
    since_midnight = flights[DEPARTURE] - flights[DEPARTURE].iloc[0].normalize()
    hour = (since_midnight // pd.Timedelta(hours=1)).to_numpy(dtype=int)
    described = {name: describe(flights[name]) for name in COMPARED}
    rows = len(flights)
    by_day = {
        name: reached(feature, bins, hour, rows) for name, (feature, bins) in described.items()
    }
    days = int(hour[-1]) // 24 + 1
    every_day = np.ones(days, dtype=bool)
    factor = _factor(by_day, days)
    for name, (feature, _) in described.items():
        feature["limits"] = {
            f"{length}": factor * most
            for length, most in _most(by_day[name], every_day).items()
            if days * 24 >= _FEWEST_WINDOWS * length
        }
    return {
        "rows": rows,
        "days": days,
        "least_share": LEAST_SHARE,
        "features": {name: feature for name, (feature, _) in described.items()},
    }


def describe(values: pd.Series) -> tuple[Figures, Bins]:
    """A feature's bins with their shares, and the bin of each flight.

    The last two bins are those of what the set has not, and of missing values.
    """
    feature, bins = _codes(values) if values.name in CATEGORICAL else _quantities(values)
    inner = len(feature["codes"] if "codes" in feature else feature["edges"]) + 1
    shares = np.bincount(bins, minlength=inner + 2) / len(bins)
    used = int((shares > 0).sum())
    feature["shares"] = [float(share) for share in shares]
    feature["noise"] = float(chi2.ppf(_CHANCE, used - 1) / 2) if used > 1 else 0.0
    return feature, bins


def _codes(values: pd.Series) -> tuple[Figures, Bins]:
    """Bins: each common code; the rare ones; codes that the set has not; missing."""
    codes = values.astype(object)
    shares = codes.value_counts(normalize=True)
    common = sorted(shares.index[shares >= _RARE])
    rare = sorted(shares.index[shares < _RARE])
    bin_of_code = {code: place for place, code in enumerate(common)}
    bin_of_code |= dict.fromkeys(rare, len(common))
    bins = codes.map(bin_of_code).fillna(len(common) + 2).to_numpy(dtype=int)
    return {"codes": common, "rare": rare}, bins


def _quantities(values: pd.Series) -> tuple[Figures, Bins]:
    """Bins: tenths of the values, from an edge to below the next; beyond their range; missing."""
    numbers = values.to_numpy(dtype=float)
    measured = numbers[~np.isnan(numbers)]
    tenths = np.quantile(measured, np.linspace(0.1, 0.9, 9)) if len(measured) else measured
    edges = np.unique(tenths)
    bins = np.searchsorted(edges, numbers, side="right")
    bins[np.isnan(numbers)] = len(edges) + 2
    extremes = [measured.min(), measured.max()] if len(measured) else []
    feature = {
        "edges": [float(edge) for edge in edges],
        "range": [float(extreme) for extreme in extremes],
    }
    return feature, bins


def entropy(expected: Shares, actual: Shares) -> Shares:
    """Relative entropy of `actual` to `expected`, both shares by bin in the last axis."""
    expected = np.maximum(expected, LEAST_SHARE)
    ratio = np.where(actual > 0, actual, expected) / expected
    summed: Shares = (actual * np.log(ratio)).sum(axis=-1)
    return summed


def reached(feature: Figures, bins: Bins, hour: Bins, rows: int) -> Reached:
    """What windows of flights reach beyond chance: `hour` is that of each flight, in order.

    `feature` and `rows` are those of the training set, `bins` those of the flights.
    """
    shares = np.array(feature["shares"])
    hours = (int(hour[-1]) // 24 + 1) * 24
    counts = np.zeros((hours + 1, len(shares)))
    np.add.at(counts, (hour + 1, bins), 1)
    counted = counts.cumsum(axis=0)
    largest = {}
    for length in WINDOW_HOURS:
        at_hour = np.full(hours, np.nan)
        if hours >= length:
            window = counted[length:] - counted[:-length]
            flights = np.maximum(window.sum(axis=1), 1)
            beyond_chance = entropy(shares, window / flights[:, None])
            beyond_chance -= feature["noise"] * (1 / flights + 1 / rows)
            at_hour[length - 1 :] = np.where(flights >= FEWEST_FLIGHTS, beyond_chance, np.nan)
        largest[length] = np.fmax.reduce(at_hour.reshape(-1, 24), axis=1)
    return largest


def _most(reached: Reached, days: NDArray[np.bool_]) -> dict[int, float]:
    """Window's length -> the most that these days reach, at least _STABLE."""
    return {
        length: float(np.fmax.reduce(distances[days], initial=_STABLE))
        for length, distances in reached.items()
    }


def _factor(reached: Mapping[str, Reached], days: int) -> float:
    """By how much new days exceed what the days before have reached.

    A day's score is its largest distance, over all features and windows, in parts of the most that
    days of other weeks reach; the weeks beside its own are left out, too. A new day's score exceeds
    the k-th largest of D scores with probability k / (D + 1), if it is a day like these. With fewer
    than 99 days, no k keeps to FALSE_ALARMS, and it is the largest one.
    """
    block = np.arange(days) // (_WEEK if days >= _FEWEST_WEEKS * _WEEK else 1)
    scores = np.full(days, np.nan)
    for number in range(int(block[-1]) + 1):
        of_block, of_other_weeks = block == number, np.abs(block - number) > 1
        for distances in reached.values():
            for length, most in _most(distances, of_other_weeks).items():
                ratio = np.where(of_block, distances[length] / most, np.nan)
                scores = np.fmax(scores, ratio)
    ordered = np.sort(scores[~np.isnan(scores)])
    if not len(ordered):
        return 1.0
    k = max(1, int(FALSE_ALARMS * (len(ordered) + 1)))
    return max(1.0, float(ordered[-k]))
