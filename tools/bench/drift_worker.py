"""The drift check's limits on the days of the year, in the environment of the jobs.

Prints JSON. A day alarms if any feature is beyond its limit in the last 24 hours or the last week,
at the end of any hour of the day.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

import reference
from features import CATEGORICAL, DEPARTURE, read_split
from lambdas.ml_platform.detect_drift.drift import Reference

LEVEL, SEED = 0.95, 2013
Bins = NDArray[np.int_]
Shift = Callable[[pd.DataFrame], pd.DataFrame]


def carriers_renamed(share: float) -> Shift:
    """Some flights have a carrier's code that nobody knows."""

    def plant(flights: pd.DataFrame) -> pd.DataFrame:
        renamed = np.random.default_rng(SEED).random(len(flights)) < share
        return flights.assign(carrier=flights["carrier"].where(~renamed, "ZZ"))

    return plant


def warmer(degrees: float) -> Shift:
    """All flights are at temperatures that are so much higher."""
    return lambda flights: flights.assign(
        temperature_fahrenheit=flights["temperature_fahrenheit"] + degrees
    )


def of_another_unit(feature: str, factor: float, offset: float = 0) -> Shift:
    """A caller sends a number in another unit."""
    return lambda flights: flights.assign(**{feature: (flights[feature] + offset) * factor})


def missing(feature: str) -> Shift:
    """A caller has lost a feature."""
    return lambda flights: flights.assign(**{feature: np.nan})


PLANTED: Mapping[str, Shift] = {
    **{
        f"{share:.0%} of the carriers' codes unknown": carriers_renamed(share)
        for share in (0.01, 0.02, 0.05, 0.1)
    },
    **{f"{degrees} degrees Fahrenheit warmer": warmer(degrees) for degrees in (10, 20, 40, 60)},
    "temperatures in degrees Celsius": of_another_unit("temperature_fahrenheit", 5 / 9, -32),
    "distances in kilometres": of_another_unit("distance_miles", 1.609),
    "visibility in kilometres": of_another_unit("visibility_miles", 1.609),
    "wind in metres a second": of_another_unit("wind_speed_miles_per_hour", 0.447),
    "no delay of the airport": missing("airport_delay_minutes"),
    "no delay of the aircraft": missing("aircraft_delay_minutes"),
}


class Year:
    """Flights in the bins of a training set, with the hour that each of them leaves in."""

    def __init__(self, statistics: dict[str, Any], flights: pd.DataFrame) -> None:
        self._statistics, self._flights = statistics, flights
        since_midnight = flights[DEPARTURE] - flights[DEPARTURE].iloc[0].normalize()
        self._hour = (since_midnight // pd.Timedelta(hours=1)).to_numpy(dtype=int)
        self.day = self._hour // 24
        self.days = int(self.day[-1]) + 1
        self._bins = {name: self._bins_of(name, flights) for name in reference.COMPARED}

    def _bins_of(self, name: str, flights: pd.DataFrame) -> Bins:
        bin_of = Reference(self._statistics).bin_of
        values = flights[name].astype(object)
        places = {value: bin_of(name, value) for value in values.unique()}
        return values.map(places).to_numpy(dtype=int)

    def beyond(self) -> dict[str, NDArray[np.bool_]]:
        """Feature -> the days with an hour at whose end it is beyond a limit."""
        beyond = {}
        for name, bins in self._bins.items():
            feature = self._statistics["features"][name]
            reached = reference.reached(feature, bins, self._hour, self._statistics["rows"])
            over = [reached[int(length)] > limit for length, limit in feature["limits"].items()]
            beyond[name] = np.any(over, axis=0)
        return beyond

    def share_beyond(self, hours: int, flights: int, days: range, shift: Shift | None) -> float:
        """The share of windows that end with one of `days`, of so many flights, that alarm."""
        draws = np.random.default_rng(SEED)
        shifted = shift(self._flights) if shift else self._flights
        bins = {
            name: self._bins[name]
            if shifted[name] is self._flights[name] or shifted[name].equals(self._flights[name])
            else self._bins_of(name, shifted)
            for name in reference.COMPARED
        }
        alarms = []
        for day in days:
            first = np.searchsorted(self._hour, (day + 1) * 24 - hours)
            last = np.searchsorted(self._hour, (day + 1) * 24)
            if last - first >= flights:
                drawn = draws.choice(np.arange(first, last), flights, replace=False)
                alarms.append(any(self._over(name, bins[name][drawn], hours) for name in bins))
        return float(np.mean(alarms))

    def _over(self, name: str, bins: Bins, hours: int) -> bool:
        feature = self._statistics["features"][name]
        shares = np.array(feature["shares"])
        actual = np.bincount(bins, minlength=len(shares)) / len(bins)
        chance = feature["noise"] * (1 / len(bins) + 1 / self._statistics["rows"])
        limit: float = feature["limits"][f"{hours}"] + chance
        return bool(reference.entropy(shares, actual) > limit)


def interval(alarms: int, days: int) -> list[float]:
    """Clopper and Pearson's, of a share."""
    tail = (1 - LEVEL) / 2
    low = beta.ppf(tail, alarms, days - alarms + 1) if alarms else 0.0
    high = beta.ppf(1 - tail, alarms + 1, days - alarms) if alarms < days else 1.0
    return [float(low), float(high)]


def alarms(kind: str, beyond: dict[str, NDArray[np.bool_]], days: slice) -> dict[str, Any]:
    """A row: how many of these days alarm, and by which features."""
    any_beyond = np.any([over[days] for over in beyond.values()], axis=0)
    count = int(any_beyond.sum())
    return {
        "kind": kind,
        "alarms": count,
        "days": len(any_beyond),
        "interval": interval(count, len(any_beyond)),
        "features": [name for name, over in beyond.items() if over[days].any()],
    }


def main(folder: Path) -> dict[str, Any]:
    """The rows of both curves."""
    splits = [read_split(folder / f"split={name}") for name in ("train", "validation", "test")]
    statistics = reference.statistics(splits[0])
    plain = dict.fromkeys(CATEGORICAL, object)
    flights = pd.concat([split.astype(plain) for split in splits], ignore_index=True)
    year = Year(statistics, flights)
    own = int(statistics["days"])
    # The source has no weather of the last day: an alarm is right there.
    whole = int(year.day[np.flatnonzero(flights["temperature_fahrenheit"].notna())[-1]])
    beyond = year.beyond()
    rows = [
        alarms("training split", beyond, slice(0, own)),
        alarms("days after it", beyond, slice(own, whole)),
        alarms("without weather", beyond, slice(whole, year.days)),
    ]
    later = range(own, whole)
    sizes = ((24, 500), (24, 800), (168, 500), (168, 5_000))
    detected = [
        {
            "shift": title,
            "by_flights": {
                f"{count:,} flights of {'a day' if hours == 24 else 'a week'}": year.share_beyond(
                    hours, count, later, shift
                )
                for hours, count in sizes
            },
        }
        for title, shift in [("nothing", None), *PLANTED.items()]
    ]
    return {"alarms": rows, "detected": detected}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
