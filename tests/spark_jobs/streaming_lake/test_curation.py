"""The curated rows: one for each event, in its day's partition, with the weather at departure."""

from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql.types import StructType

import schemas
from curate_flights.columns import CURATED, WEATHER
from tests.spark_jobs.streaming_lake.conftest import (
    ARRIVED,
    DATABASE,
    NAME,
    TABLE,
    Lake,
    at,
    event,
    hour,
)

MADE_WITH_THE_TABLE = ("event_id", "scheduled_departure")


def test_a_flight_is_in_the_partition_of_its_scheduled_departure(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(31, 23))])
    summary = lake.run()
    assert (summary.events, summary.fresh, summary.days_changed) == (2, 2, 2)
    assert {i: row["day"] for i, row in lake.by_id().items()} == {
        "a": "2013-01-01",
        "b": "2013-01-31",
    }


def test_the_table_gets_the_columns_of_the_schema_with_their_descriptions(lake: Lake) -> None:
    lake.run()
    table = lake.spark.table(NAME).schema
    described = {column.name: column.description for column in schemas.columns("curated_flight")}
    assert {field.name: field.metadata["comment"] for field in table if field.metadata} == {
        name: text for name, text in described.items() if name not in MADE_WITH_THE_TABLE
    }
    assert set(table.names) == set(described)
    glue = lake.glue.get_table(DatabaseName=DATABASE, Name=TABLE)["Table"]
    types = {column["Name"]: column["Type"] for column in glue["StorageDescriptor"]["Columns"]}
    assert types["arrived_at"] == types["scheduled_departure"] == "timestamp"


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


def test_of_two_versions_of_an_event_the_last_to_arrive_is_curated(lake: Lake) -> None:
    later = ARRIVED + timedelta(seconds=5)
    lake.deliver([event("a", flight=2, arrived_at=later), event("a", flight=1)])
    summary = lake.run()
    assert (summary.events, summary.fresh, summary.known) == (2, 1, 1)
    assert lake.by_id()["a"]["flight"] == 2


def test_a_correction_replaces_its_row_and_an_older_version_does_not(lake: Lake) -> None:
    lake.deliver([event("a"), event("b")])
    lake.run()
    later, earlier = (ARRIVED + timedelta(hours=n) for n in (1, -1))
    lake.deliver([event("a", flight=7, arrived_at=later), event("b", flight=8, arrived_at=earlier)])
    summary = lake.run()
    assert (summary.fresh, summary.corrected, summary.known, summary.late) == (0, 1, 1, 0)
    rows = lake.by_id()
    assert {i: (row["flight"], row["late"]) for i, row in rows.items()} == {
        "a": (7, False),
        "b": (1545, False),
    }
    assert rows["a"]["arrived_at"] == later


def test_the_choice_between_simultaneous_versions_is_repeatable(lake: Lake) -> None:
    twins = [event("a", flight=number) for number in range(1, 20)]
    lake.deliver(twins)
    lake.run()
    chosen = lake.by_id()["a"]["flight"]
    lake.deliver(twins[::-1])
    assert lake.run().corrected == 0
    lake.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)
    lake.make_table()
    for twin in twins[::-1]:
        lake.deliver([twin])
    lake.run()
    assert lake.by_id()["a"]["flight"] == chosen


def test_an_event_is_known_by_its_id_and_day(lake: Lake) -> None:
    """Only the days of a batch are read, so an id that returns on another day is another flight."""
    lake.deliver([event("a"), event("b")])
    lake.run()
    lake.deliver([event("a"), event("a", scheduled_departure=at(7))])
    assert lake.run().fresh == 1
    assert [(row["event_id"], row["day"]) for row in lake.rows()] == [
        ("a", "2013-01-01"),
        ("a", "2013-01-07"),
        ("b", "2013-01-01"),
    ]


def test_late_events_are_added_to_their_day_and_marked(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    lake.deliver([event("c"), event("d", scheduled_departure=at(3))])
    assert lake.run().late == 1
    assert {i: row["late"] for i, row in lake.by_id().items()} == {
        "a": False,
        "b": False,
        "c": True,
        "d": False,
    }


def test_a_flight_without_departure_is_cancelled(lake: Lake) -> None:
    nothing = dict.fromkeys(
        ("departure_delay_minutes", "arrival_delay_minutes", "air_time_minutes", "tail_number")
    )
    diverted = dict.fromkeys(("arrival_delay_minutes", "air_time_minutes"))
    lake.deliver([event("a", **nothing), event("b"), event("c", **diverted)])
    lake.run()
    assert {i: row["cancelled"] for i, row in lake.by_id().items()} == {
        "a": True,
        "b": False,
        "c": False,
    }


MISSING = dict.fromkeys(
    name
    for name in WEATHER.fieldNames()
    if name in CURATED.fieldNames() and name not in ("origin", "observed_at")
)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ({}, {"wind_gust_miles_per_hour": 10.0, "precipitation_inches": 0.0}),
        (
            {"wind_gust_miles_per_hour": 31.0, "precipitation_inches": 0.2},
            {"wind_gust_miles_per_hour": 31.0, "precipitation_inches": 0.2},
        ),
        ({"temperature_fahrenheit": None}, {"temperature_fahrenheit": None}),
        ({"origin": "JFK"}, {**MISSING, "weather_missing": True}),
        ({"observed_at": at(1, 11).replace(minute=0)}, {**MISSING, "weather_missing": True}),
    ],
)
def test_weather_is_of_the_origin_and_hour_with_gaps_filled_or_flagged(
    lake: Lake, observed: dict[str, Any], expected: dict[str, Any]
) -> None:
    lake.observe([{**hour("EWR", at(1).replace(minute=0)), **observed}])
    lake.deliver([event("a")])
    lake.run()
    row = lake.by_id()["a"]
    expected = {"weather_missing": False, **expected}
    assert {name: row[name] for name in expected} == expected


def test_an_hour_observed_twice_does_not_multiply_flights(lake: Lake) -> None:
    lake.observe([hour("EWR", at(1).replace(minute=0))] * 3)
    lake.deliver([event("a"), event("b")])
    lake.run()
    assert set(lake.by_id()) == {"a", "b"}


def test_a_run_without_weather_or_events_succeeds(lake: Lake) -> None:
    assert lake.run().fresh == 0
    lake.deliver([event("a")])
    assert lake.run().fresh == 1
    assert lake.by_id()["a"]["weather_missing"] is True
