"""The reference of the drift check: the function reads the same bins, and its limits hold."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import reference
from features import CATEGORICAL, DEPARTURE, OPERATION, WEATHER
from lambdas.ml_platform.detect_drift.drift import Reference

DAYS, OF_A_DAY = 140, 600


def days(count: int, seed: int, first: str = "2013-01-01") -> pd.DataFrame:
    """Flights of days with a weather of their own, some of it missing."""
    random = np.random.default_rng(seed)
    rows = count * OF_A_DAY
    day = np.repeat(np.arange(count), OF_A_DAY)
    hour = np.tile(np.sort(random.integers(0, 24, OF_A_DAY)), count)
    frame = pd.DataFrame(
        {
            DEPARTURE: pd.Timestamp(first)
            + pd.to_timedelta(day, unit="D")
            + pd.to_timedelta(hour, unit="h"),
            "carrier": random.choice(["UA", "AA", "DL", "OO"], rows, p=[0.4, 0.4, 0.195, 0.005]),
            "origin": random.choice(["EWR", "JFK"], rows),
            "destination": random.choice(["IAH", "ORD", "ATL"], rows),
            "distance_miles": random.choice([1400.0, 719.0, 746.0], rows),
        }
    )
    for name in WEATHER:
        frame[name] = np.round(random.normal(0, 10, count)[day] + random.normal(0, 2, rows), 1)
    for name in OPERATION:
        frame[name] = np.where(random.random(rows) < 0.3, np.nan, random.exponential(9, rows))
    return frame.astype(dict.fromkeys(CATEGORICAL, "category"))


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return days(DAYS, seed=1)


@pytest.fixture(scope="module")
def statistics(flights: pd.DataFrame) -> reference.Figures:
    return reference.statistics(flights)


def requests(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """The flights as the function reads them."""
    rows = flights[reference.COMPARED].astype(object)
    return [{f"{name}": value for name, value in row.items()} for row in rows.to_dict("records")]


def largest_shift(statistics: reference.Figures, flights: pd.DataFrame, hours: int = 24) -> float:
    """As the function computes it, from flights as it reads them."""
    compared = Reference(statistics)
    counts = compared.empty()
    compared.count(requests(flights), counts)
    return max(compared.shifts(counts, hours).values())


def test_the_function_puts_each_flight_into_the_bin_that_it_has_here(
    flights: pd.DataFrame, statistics: reference.Figures
) -> None:
    compared = Reference(statistics)
    counts = compared.empty()
    compared.count(requests(flights), counts)
    for name, feature in statistics["features"].items():
        shares = [count / len(flights) for count in counts[name]]
        assert shares == pytest.approx(feature["shares"]), name
        assert sum(shares) == pytest.approx(1)


def test_tenths_of_a_number_hold_a_tenth_each(statistics: reference.Figures) -> None:
    *inner, beyond, missing = statistics["features"]["airport_delay_minutes"]["shares"]
    assert inner == pytest.approx([0.07] * 10, abs=0.01)
    assert (beyond, missing) == (0, pytest.approx(0.3, abs=0.01))


def test_rare_codes_share_a_bin(statistics: reference.Figures) -> None:
    carrier = statistics["features"]["carrier"]
    assert (carrier["codes"], carrier["rare"]) == (["AA", "DL", "UA"], ["OO"])


def test_at_most_one_in_a_hundred_days_of_the_set_itself_alarms(
    flights: pd.DataFrame, statistics: reference.Figures
) -> None:
    shifts = [
        largest_shift(statistics, day) for _, day in flights.groupby(flights[DEPARTURE].dt.date)
    ]
    assert sum(shift > 1 for shift in shifts) <= DAYS / 100


def test_few_days_that_the_set_has_not_seen_alarm(statistics: reference.Figures) -> None:
    """Days of one kind exceed the limits once in a hundred; 8 of 200 would be a chance of 0.02."""
    new = days(200, seed=2)
    shifts = [largest_shift(statistics, day) for _, day in new.groupby(new[DEPARTURE].dt.date)]
    assert sum(shift > 1 for shift in shifts) < 8


@pytest.mark.parametrize(
    ("feature", "changed"),
    [("carrier", "ZZ"), ("distance_miles", 3000.0), ("visibility_miles", math.nan)],
)
def test_a_broken_feature_is_beyond_its_limit_with_500_flights(
    statistics: reference.Figures, feature: str, changed: Any
) -> None:
    broken = days(1, seed=3).head(reference.FEWEST_FLIGHTS).assign(**{feature: changed})
    assert largest_shift(statistics, broken) > 1


def test_a_length_without_room_in_the_set_has_no_limit() -> None:
    lengths = {
        count: Reference(reference.statistics(days(count, seed=4))).window_hours
        for count in (3, 14, 28)
    }
    assert lengths == {3: [], 14: [24], 28: [24, 168]}


def test_a_feature_that_nobody_has_filled_is_compared_as_missing(flights: pd.DataFrame) -> None:
    empty = reference.statistics(flights.assign(visibility_miles=math.nan))
    assert empty["features"]["visibility_miles"]["shares"] == [0, 0, 1]
    assert largest_shift(empty, flights.head(600).assign(visibility_miles=math.nan)) < 1
    assert largest_shift(empty, flights.head(600)) > 1


def test_the_calendar_is_not_compared() -> None:
    assert not {"month", "weekday", "hour"} & set(reference.COMPARED)
