"""One run of the curation job over `scale` times the base: `curate_worker.py <scale>`.

Runs with the job's folder on its path, as Glue runs it.
"""

import json
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from moto import mock_aws
from pyspark.sql import SparkSession

from curate_flights.main import main as curate
from curate_flights.main import session
from local.demos import flights
from local.services.glue.mirrored_lake import MirroredLake

BASE = 20_000


def run(scale: int) -> dict[str, float]:
    """The number of flights, and the seconds without the start of the JVM."""
    frame = events(BASE * scale)
    with tempfile.TemporaryDirectory() as folder, mock_aws():
        s3, glue = boto3.client("s3"), boto3.client("glue")
        s3.create_bucket(Bucket="lake")
        glue.create_database(DatabaseInput={"Name": "d"})
        glue.create_table(
            DatabaseName="d",
            TableInput={
                "Name": "flights_curated",
                "StorageDescriptor": {"Location": "s3://lake/curated/", "Columns": []},
                "PartitionKeys": [{"Name": "event_month"}, {"Name": "event_day"}],
            },
        )
        _put(s3, "events/arrival_hour=2026-11-20-22/events.parquet", frame)
        _put(s3, "weather/month=2013/weather.parquet", flights.weather())
        MirroredLake.mirror = Path(folder)
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.memory", "2g").config("spark.local.dir", folder)
        spark = session(builder.config("spark.sql.shuffle.partitions", "4"))
        spark.range(1).count()  # starts the JVM and compiles its first code
        started = time.monotonic()
        summary = curate(
            ["--lake_bucket", "lake", "--database", "d"], spark, lake_class=MirroredLake
        )
        seconds = time.monotonic() - started
        spark.stop()
    return {"flights": summary.fresh, "seconds": seconds}


def events(count: int) -> pd.DataFrame:
    """`count` real flights, as Data Firehose delivers them."""
    delivered = flights.flights(count)
    delivered = delivered.assign(
        scheduled_departure=delivered.scheduled_departure.dt.tz_localize(None),
        arrived_at=pd.Timestamp("2026-11-20 22:00:00"),
    )
    for name in delivered.columns:
        if delivered[name].dtype in ("int64", "Int64"):
            delivered[name] = delivered[name].astype("Int32")
    return delivered


def _put(s3: Any, key: str, frame: pd.DataFrame) -> None:
    body = BytesIO()
    frame.to_parquet(body, index=False, coerce_timestamps="ms")
    s3.put_object(Bucket="lake", Key=key, Body=body.getvalue())


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
