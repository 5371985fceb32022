"""The curated rows: one for each event, in its day's partition, with the weather at departure."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pyarrow import parquet

import schemas
from curate_flights.columns import CURATED, WEATHER
from tests.spark_jobs.streaming_lake.conftest import ARRIVED, BUCKET, Lake, at, event, hour


def test_a_flight_is_in_the_partition_of_its_scheduled_departure(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(31, 23))])
    summary = lake.run()
    assert (summary.events, summary.fresh, summary.days_published) == (2, 2, 2)
    assert {i: row["day"] for i, row in lake.by_id().items()} == {
        "a": "2013-01-01",
        "b": "2013-01-31",
    }


def test_the_columns_are_those_of_the_schema_in_its_order(lake: Lake) -> None:
    lake.deliver([event("a")])
    lake.run()
    (key,) = lake.keys("curated/")
    body = lake.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    names = parquet.ParquetFile(BytesIO(body)).schema_arrow.names
    assert names == [column.name for column in schemas.columns("curated_flight")]
    assert CURATED.fieldNames() == names


def test_of_duplicate_events_the_first_to_arrive_is_curated(lake: Lake) -> None:
    later = ARRIVED + timedelta(seconds=5)
    lake.deliver([event("a", flight=2, arrived_at=later), event("a", flight=1)])
    lake.deliver([event("a", flight=3, arrived_at=later)])
    assert lake.run().known == 2
    assert lake.by_id()["a"]["flight"] == 1


def test_the_choice_between_simultaneous_duplicates_is_repeatable(lake: Lake) -> None:
    twins = [event("a", flight=number) for number in range(1, 20)]
    lake.deliver(twins)
    lake.run()
    chosen = lake.by_id()["a"]["flight"]
    lake.s3.delete_object(Bucket=BUCKET, Key="state/curate_flights.json")
    lake.glue.batch_delete_partition(
        DatabaseName="flights",
        TableName="flights_curated",
        PartitionsToDelete=[{"Values": ["2013-01", "01"]}],
    )
    lake.deliver(twins[::-1])
    lake.run()
    assert lake.by_id()["a"]["flight"] == chosen


def test_an_event_of_an_earlier_run_is_dropped_even_with_another_day(lake: Lake) -> None:
    lake.deliver([event("a"), event("b")])
    lake.run()
    lake.deliver([event("a", scheduled_departure=at(7)), event("c", scheduled_departure=at(7))])
    summary = lake.run()
    assert (summary.fresh, summary.days_published) == (1, 1)
    assert {i: row["day"] for i, row in lake.by_id().items()} == {
        "a": "2013-01-01",
        "b": "2013-01-01",
        "c": "2013-01-07",
    }


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
