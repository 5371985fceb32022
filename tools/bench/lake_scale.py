"""The curation job on large tables: one large day, a growing table, and a day of hourly runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.bench.curate import run_worker

TABLE_ROWS = (1_000_000, 4_000_000, 12_000_000, 24_000_000)
DAY_ROWS = 3_000_000
NEW_EVENTS = 1_000
RUNS = 24


@dataclass(frozen=True)
class LargeDay:
    """One run that curates all events of one day."""

    seconds: float
    files: int
    """Data files written, one a writing task or more."""
    merge_seconds: float
    """Of a second run, over `NEW_EVENTS` more events of that day."""


@dataclass(frozen=True)
class GrownTable:
    """One run that merges a few new events into a table of `rows`, the same number each day."""

    rows: int
    seconds: float
    mebibytes_read: float
    """Of the table: data and metadata."""


@dataclass(frozen=True)
class ManyRuns:
    """What stands after runs of a few new events each, before any maintenance."""

    live_files: int
    live_bytes: int
    all_bytes: int
    """Data files of all snapshots."""
    metadata_bytes: int


def large_day() -> LargeDay:
    """Curate `DAY_ROWS` events of one day."""
    return LargeDay(**_measured("day", DAY_ROWS))


def grown_tables() -> Iterator[GrownTable]:
    """Merge `NEW_EVENTS` events into a table of each size of `TABLE_ROWS`."""
    for rows in TABLE_ROWS:
        yield GrownTable(rows=rows, **_measured("table", rows))


def many_runs() -> ManyRuns:
    """Run the job `RUNS` times, with `NEW_EVENTS` events of the same day each."""
    return ManyRuns(**_measured("runs", RUNS))


def _measured(case: str, size: int) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(run_worker("tools.bench.lake_scale_worker", case, size))
    return figures
