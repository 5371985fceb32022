"""One run of the curation job over `scale` times the base: `curate_worker.py <scale>`.

Runs with the job's folder on its path, as Glue runs it.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from local.demos import flights
from tools.bench.bench_lake import bench_lake

BASE = 20_000


def run(scale: int) -> dict[str, float]:
    """The number of flights, and the seconds without the start of the JVM."""
    frame = events(BASE * scale)
    with tempfile.TemporaryDirectory() as folder, bench_lake(Path(folder)) as lake:
        lake.put("events/arrival_hour=2026-11-20-22/events.parquet", frame)
        lake.put("weather/month=2013/weather.parquet", flights.weather())
        lake.spark.range(1).count()  # starts the JVM and compiles its first code
        started = time.monotonic()
        summary = lake.curate()
        seconds = time.monotonic() - started
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


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
