"""One case of `lake_scale.py` in a process of its own: `lake_scale_worker.py <case> <size>`."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it
from pyspark.sql.types import BooleanType, DataType, DoubleType, IntegerType, StringType

from curate_flights.columns import CURATED
from tools.bench.bench_lake import BenchLake, bench_lake
from tools.bench.curate_worker import events
from tools.bench.lake_scale import NEW_EVENTS

_LAST_DAY = date(2026, 11, 20)
_ROWS_A_DAY = 65_000
_ROWS_A_FILE = 500_000


def large_day(lake: BenchLake, rows: int) -> dict[str, float]:
    """All events of one day in one run, and a few more of that day in a second one."""
    for start in range(0, rows, _ROWS_A_FILE):
        _deliver(lake, start, min(_ROWS_A_FILE, rows - start))
    started = time.monotonic()
    lake.curate()
    seconds = time.monotonic() - started
    files, _ = lake.table_files()
    _deliver(lake, rows, NEW_EVENTS)
    started = time.monotonic()
    lake.curate()
    return {"seconds": seconds, "files": files, "merge_seconds": time.monotonic() - started}


def grown_table(lake: BenchLake, rows: int) -> dict[str, float]:
    """A few new events of the last day, into a table of `rows` on as many days as they fill."""
    _deliver(lake, 0, 1)
    lake.curate()  # makes the columns and the partition
    _fill(lake, rows)
    _deliver(lake, rows, NEW_EVENTS)
    bytes_before, started = lake.bytes_read, time.monotonic()
    lake.curate()
    seconds = time.monotonic() - started
    return {"seconds": seconds, "mebibytes_read": (lake.bytes_read - bytes_before) / 2**20}


def many_runs(lake: BenchLake, runs: int) -> dict[str, float]:
    """Runs of a few new events of the same day each."""
    for run in range(runs):
        _deliver(lake, run * NEW_EVENTS, NEW_EVENTS)
        lake.curate()
    live_files, live_bytes = lake.table_files()
    return {
        "live_files": live_files,
        "live_bytes": live_bytes,
        "all_bytes": lake.stored_bytes("curated/data/"),
        "metadata_bytes": lake.stored_bytes("curated/metadata/"),
    }


CASES: dict[str, Callable[[BenchLake, int], dict[str, float]]] = {
    "day": large_day,
    "table": grown_table,
    "runs": many_runs,
}


def _deliver(lake: BenchLake, start: int, count: int) -> None:
    """One Parquet object of `count` events of the last day, whose ids begin at `start`."""
    sample = events(20_000)
    frame = pd.concat([sample] * (count // len(sample) + 1), ignore_index=True).head(count)
    numbers = pd.Series(range(start, start + count))
    frame = frame.assign(
        event_id=numbers.map("{:032x}".format),
        scheduled_departure=pd.Timestamp(_LAST_DAY) + pd.to_timedelta(numbers % 86_400, unit="s"),
    )
    lake.put(f"events/arrival_hour={_LAST_DAY}-23/{start}.parquet", frame)


def _fill(lake: BenchLake, rows: int) -> None:
    """Append `rows` rows, the same number on each of the days up to the last one."""
    days = max(1, rows // _ROWS_A_DAY)
    first = _LAST_DAY - timedelta(days=days - 1)
    number = F.col("id")
    # Rows that keep the rules of data quality, or no later run could publish.
    values: dict[DataType, Column] = {
        StringType(): F.concat(F.lit("A"), 10 + number % 90),
        IntegerType(): (1 + number % 1_000).cast("int"),
        DoubleType(): (number % 1_000) / 10,
        BooleanType(): F.lit(False),
    }
    own_values = {
        "carrier": F.concat(F.lit("A"), number % 10),
        "event_id": F.md5(number.cast("string")),
        "scheduled_departure": F.expr(
            f"timestamp_ntz'{first}' + make_interval(0, 0, 0, int(id * {days} / {rows}), 0, 0,"
            " id % 86400)"
        ),
        "arrived_at": F.lit(pd.Timestamp(_LAST_DAY).to_pydatetime()).cast("timestamp_ntz"),
    }
    columns = [
        (own_values[field.name] if field.name in own_values else values[field.dataType]).alias(
            field.name
        )
        for field in CURATED
    ]
    # Rows come ordered by day, so that no shuffle is needed to write each day's file.
    table = lake.spark.range(0, rows, numPartitions=max(2, days // 4)).select(*columns)
    writer = table.writeTo(lake.table).option("distribution-mode", "none")
    writer.option("fanout-enabled", "true").append()


def run(case: str, size: int) -> dict[str, float]:
    """The figures of one case."""
    with tempfile.TemporaryDirectory() as folder, bench_lake(Path(folder)) as lake:
        lake.spark.range(1).count()  # starts the JVM and compiles its first code
        return CASES[case](lake, size)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
