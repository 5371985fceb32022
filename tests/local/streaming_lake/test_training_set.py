"""The training set's SQL, run by DuckDB, against a computation that looks at flights one by one."""

from datetime import timedelta

import pandas as pd
import pytest

from local.demos import flights as source
from local.demos import training_set
from local.demos.streaming_lake.expected import same_rows
from local.demos.streaming_lake.expected_training_set import expected_rows

FLIGHTS = 12_000


@pytest.fixture(scope="module")
def exported() -> pd.DataFrame:
    return training_set.rows(FLIGHTS).sort_values("event_id", ignore_index=True)


def test_every_row_is_what_was_known_an_hour_before(exported: pd.DataFrame) -> None:
    expected = expected_rows(source.flights(FLIGHTS), source.weather())
    assert list(exported.columns) == list(expected.columns)
    assert len(exported) == len(expected) == source.flights(FLIGHTS).arrival_delay_minutes.count()
    assert same_rows(expected, exported) == 0


def test_most_flights_know_their_airport_and_some_their_aircraft(exported: pd.DataFrame) -> None:
    """An empty column would agree with an empty expectation."""
    filled = (exported != "").mean()
    assert filled["airport_delay_minutes"] > 0.9
    assert 0.1 < filled["aircraft_delay_minutes"] < 0.9
    assert filled["temperature_fahrenheit"] > 0.9


def test_nothing_is_known_later_than_an_hour_before_departure(exported: pd.DataFrame) -> None:
    known_at, departure = (
        pd.to_datetime(exported[name]) for name in ("known_at", "scheduled_departure")
    )
    assert (departure - known_at).min() == timedelta(hours=1)


def test_the_splits_follow_each_other_day_by_day(exported: pd.DataFrame) -> None:
    days = pd.to_datetime(exported.scheduled_departure).dt.normalize().groupby(exported.split)
    number = days.nunique()
    assert number["test"] >= number.sum() / 4
    assert days.max()["train"] < days.min()["validation"]
    assert days.max()["validation"] < days.min()["test"]


def test_a_later_day_changes_nothing_but_the_splits(exported: pd.DataFrame) -> None:
    """What happens later must not reach back: the first flights of a longer set are the same."""
    longer = training_set.rows(FLIGHTS + 4_000).set_index("event_id")
    first = exported.set_index("event_id").drop(columns="split")
    again = longer.loc[first.index].drop(columns="split")
    assert same_rows(first.reset_index(), again.reset_index()) == 0
