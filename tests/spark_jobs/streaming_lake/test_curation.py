"""The curated rows: one for each event, in its day's partition, with the weather at departure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

import schemas
from curate_flights.columns import CURATED, WEATHER
from curate_flights.curate import Summary
from tests.spark_jobs.streaming_lake.conftest import (
    ARRIVED,
    DATABASE,
    NAME,
    TABLE,
    Clients,
    Lake,
    at,
    event,
    hour,
    make_lake,
)

MADE_WITH_THE_TABLE = ("event_id", "scheduled_departure")

MISSING = dict.fromkeys(
    name
    for name in WEATHER.fieldNames()
    if name in CURATED.fieldNames() and name not in ("origin", "observed_at")
)
HOUR = at(5).replace(minute=0)
GUST_AND_RAIN = {"wind_gust_miles_per_hour": 31.0, "precipitation_inches": 0.2}
# Origin of a flight of its own -> the weather observed there, and what of it the flight gets.
OBSERVED: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "EWR": ({}, {"wind_gust_miles_per_hour": 10.0, "precipitation_inches": 0.0}),
    "JFK": (GUST_AND_RAIN, GUST_AND_RAIN),
    "LGA": ({"temperature_fahrenheit": None}, {"temperature_fahrenheit": None}),
    # At other origins only, and in another hour only.
    "BOS": (None, {**MISSING, "weather_missing": True}),
    "PHL": ({"observed_at": HOUR + timedelta(hours=1)}, {**MISSING, "weather_missing": True}),
}
NO_DELAY = {"arrival_delay_minutes": None, "air_time_minutes": None}
TWINS = [event("twins", scheduled_departure=at(9), flight=number) for number in range(1, 20)]
LATER, EARLIER = (ARRIVED + timedelta(hours=hours) for hours in (1, -1))


def on(day: int, event_id: str, **changes: Any) -> dict[str, Any]:
    """An event on a day of one test's own."""
    return event(event_id, scheduled_departure=at(day), **changes)


FIRST_EVENTS = [
    on(1, "first day"),
    event("last day", scheduled_departure=at(31, 23)),
    on(2, "two versions", flight=2, arrived_at=ARRIVED + timedelta(seconds=5)),
    on(2, "two versions", flight=1),
    on(3, "corrected"),
    on(3, "not corrected"),
    on(4, "cancelled", departure_delay_minutes=None, tail_number=None, **NO_DELAY),
    on(4, "flown"),
    on(4, "diverted", **NO_DELAY),
    *(on(5, origin, origin=origin) for origin in OBSERVED),
    on(6, "returns"),
    on(7, "in time"),
    *TWINS,
]
SECOND_EVENTS = [
    on(3, "corrected", flight=7, arrived_at=LATER),
    on(3, "not corrected", flight=8, arrived_at=EARLIER),
    on(6, "returns"),
    on(8, "returns"),
    on(7, "late"),
    on(10, "of a new day"),
    *TWINS[::-1],
]


@dataclass(frozen=True)
class TwoRuns:
    """What two runs made of events that have nothing to do with each other."""

    first: Summary
    first_rows: list[dict[str, Any]]
    second: Summary
    rows: list[dict[str, Any]]

    def of(self, day: int) -> dict[str, dict[str, Any]]:
        """The rows of one test's day, after both runs; fails if an event is there twice."""
        rows = [row for row in self.rows if row["day"] == f"2013-01-{day:02d}"]
        by_id = {row["event_id"]: row for row in rows}
        assert len(by_id) == len(rows), "an event is curated twice"
        return by_id


@pytest.fixture(scope="module")
def runs(spark: SparkSession, clients: Clients) -> TwoRuns:
    with mock_aws():
        lake = make_lake(spark, clients)
        # Each observation thrice: it must not multiply flights.
        observed = [
            {**hour(origin, HOUR), **changes}
            for origin, (changes, _) in OBSERVED.items()
            if changes is not None
        ]
        lake.observe(observed * 3)
        lake.deliver(FIRST_EVENTS)
        first, first_rows = lake.run(), lake.rows()
        lake.deliver(SECOND_EVENTS)
        return TwoRuns(first, first_rows, lake.run(), lake.rows())


def test_the_events_of_each_run_are_counted(runs: TwoRuns) -> None:
    first, second = runs.first, runs.second
    # All but a version and 18 twins.
    assert (first.events, first.fresh) == (len(FIRST_EVENTS), len(FIRST_EVENTS) - 19)
    assert (first.known, first.corrected, first.late, first.days_changed) == (19, 0, 0, 9)
    assert (second.events, second.fresh) == (len(SECOND_EVENTS), 3)
    assert (second.known, second.corrected, second.late, second.days_changed) == (21, 1, 1, 4)


def test_a_flight_is_in_the_partition_of_its_scheduled_departure(runs: TwoRuns) -> None:
    assert [*runs.of(1)] == ["first day"]
    assert [*runs.of(31)] == ["last day"]


def test_of_two_versions_of_an_event_the_last_to_arrive_is_curated(runs: TwoRuns) -> None:
    assert runs.of(2)["two versions"]["flight"] == 2


def test_a_correction_replaces_its_row_and_an_older_version_does_not(runs: TwoRuns) -> None:
    rows = runs.of(3)
    assert {i: (row["flight"], row["late"]) for i, row in rows.items()} == {
        "corrected": (7, False),
        "not corrected": (1545, False),
    }
    assert rows["corrected"]["arrived_at"] == LATER


def test_a_flight_without_departure_is_cancelled(runs: TwoRuns) -> None:
    assert {i: row["cancelled"] for i, row in runs.of(4).items()} == {
        "cancelled": True,
        "flown": False,
        "diverted": False,
    }


@pytest.mark.parametrize("origin", OBSERVED)
def test_weather_is_of_the_origin_and_hour_with_gaps_filled_or_flagged(
    runs: TwoRuns, origin: str
) -> None:
    row = runs.of(5)[origin]
    expected = {"weather_missing": False, **OBSERVED[origin][1]}
    assert {name: row[name] for name in expected} == expected


def test_an_hour_observed_twice_does_not_multiply_flights(runs: TwoRuns) -> None:
    assert [*runs.of(5)] == sorted(OBSERVED)


def test_an_event_is_known_by_its_id_and_day(runs: TwoRuns) -> None:
    """Only the days of a batch are read, so an id that returns on another day is another flight."""
    assert [*runs.of(6)] == [*runs.of(8)] == ["returns"]


def test_late_events_are_added_to_their_day_and_marked(runs: TwoRuns) -> None:
    late = {i: row["late"] for day in (7, 10) for i, row in runs.of(day).items()}
    assert late == {"in time": False, "late": True, "of a new day": False}


def test_the_choice_between_simultaneous_versions_is_repeatable(runs: TwoRuns, lake: Lake) -> None:
    (before,) = (row for row in runs.first_rows if row["event_id"] == "twins")
    assert runs.of(9) == {"twins": before}
    for twin in TWINS[::-1]:
        lake.deliver([twin])
    lake.run()
    assert lake.by_id()["twins"]["flight"] == before["flight"]


def test_a_run_without_weather_or_events_makes_the_columns_of_the_schema(lake: Lake) -> None:
    assert lake.run().fresh == 0
    table = lake.spark.table(NAME).schema
    described = {column.name: column.description for column in schemas.columns("curated_flight")}
    assert {field.name: field.metadata["comment"] for field in table if field.metadata} == {
        name: text for name, text in described.items() if name not in MADE_WITH_THE_TABLE
    }
    assert set(table.names) == set(described)
    glue = lake.glue.get_table(DatabaseName=DATABASE, Name=TABLE)["Table"]
    types = {column["Name"]: column["Type"] for column in glue["StorageDescriptor"]["Columns"]}
    assert types["arrived_at"] == types["scheduled_departure"] == "timestamp"
    lake.deliver([event("a")])
    assert lake.run().fresh == 1
    assert lake.by_id()["a"]["weather_missing"] is True


def test_a_column_that_the_schema_gains_is_null_in_older_rows(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name for name in CURATED.names if name != "visibility_miles"]
    with monkeypatch.context() as patch:
        older = StructType([CURATED[name] for name in names])
        patch.setattr("curate_flights.table.CURATED", older)
        patch.setattr("curate_flights.transform.CURATED", older)
        lake.deliver([event("a")])
        lake.run()
    lake.observe([hour("EWR", at(1).replace(minute=0))])
    lake.deliver([event("b")])
    lake.run()
    assert {i: row["visibility_miles"] for i, row in lake.by_id().items()} == {"a": None, "b": 10.0}
