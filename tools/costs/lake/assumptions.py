"""What the costs of the streaming lake at work assume."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Assumptions:
    """What the lake ingests, and the speed of its parts."""

    event_bytes: Annotated[int, "bytes of an event: the mean of the demo's flights"]
    record_bytes: Annotated[int, "bytes of a record that the producer packs events into"]
    transform_mb_a_second: Annotated[float, "MB/s of the transform function, measured on one core"]
    invocation_overhead_seconds: Annotated[float, "seconds of an invocation besides the transform"]
    invocation_log_bytes: Annotated[int, "bytes that an invocation logs"]
    gzip_ratio: Annotated[float, "compression of the raw log by GZIP, measured"]
    parquet_ratio: Annotated[float, "compression of JSON by Parquet"]
    replay_mb_a_second: Annotated[float, "MB/s of a replay, measured on one core"]
    curate_minutes: Annotated[float, "minutes of a curation with the largest number of workers"]
    curate_rows_a_second: Annotated[float, "rows/s that a core merges into the table, measured"]
    match_rows_a_second: Annotated[
        float, "rows/s of the same day that a core matches and audits, measured"
    ]
    curate_seconds: Annotated[float, "seconds of a run besides, the start of Spark included"]
    compactions: Annotated[float, "times that a row is written anew by compaction"]


ASSUMED = Assumptions(
    event_bytes=271,
    record_bytes=100 * 1024,
    transform_mb_a_second=226,
    invocation_overhead_seconds=0.02,
    invocation_log_bytes=1_500,
    gzip_ratio=9.6,
    parquet_ratio=5,
    replay_mb_a_second=20,
    curate_minutes=3,
    curate_rows_a_second=14_500,
    match_rows_a_second=21_000,
    curate_seconds=30,
    compactions=1,
)
