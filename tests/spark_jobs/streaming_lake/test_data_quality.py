"""The data quality rules that are SQL, run by Spark on curated rows; Glue runs them the same way.

The language's own `ColumnValues ... between` leaves its bounds out and fails on every null, and
`DataFreshness` wants each row to be fresh: neither says what a table with cancelled flights means.
"""

import re
from datetime import UTC, datetime, timedelta
from operator import eq, le
from pathlib import Path

import pytest

from curate_flights.columns import CURATED
from tests.spark_jobs.streaming_lake.conftest import Lake, event

RULES = Path("spark_jobs/streaming_lake/curate_flights/data_quality.dqdl").read_text()
_COMPARE = {"=": eq, "<=": le}
_SQL = re.findall(r'CustomSql "([^"]+)" (<?=) (\d+)', RULES)


def broken_rules(lake: Lake) -> list[str]:
    """The SQL rules that the curated flights break."""
    rows = [tuple(row[name] for name in CURATED.names) for row in lake.rows()]
    lake.spark.createDataFrame(rows, CURATED, verifySchema=False).createOrReplaceTempView("primary")
    rules = []
    for sql, comparison, limit in _SQL:
        (value,) = lake.spark.sql(sql).first() or (None,)
        if value is None or not _COMPARE[comparison](value, int(limit)):
            rules.append(sql)
    return rules


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


CANCELLED = {
    "departure_delay_minutes": None,
    "arrival_delay_minutes": None,
    "air_time_minutes": None,
    "arrived_at": now() - timedelta(days=40),
}


def test_every_sql_rule_was_found() -> None:
    assert len(_SQL) == RULES.count("CustomSql") == 5


def test_a_cancelled_flight_and_old_rows_beside_fresh_ones_break_nothing(lake: Lake) -> None:
    lake.deliver([event("a", **CANCELLED), event("b", arrived_at=now())])
    lake.run()
    assert broken_rules(lake) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"departure_delay_minutes": 10_081}, "departure_delay_minutes not between"),
        ({"arrival_delay_minutes": -1_441}, "arrival_delay_minutes not between"),
        ({"arrived_at": now() - timedelta(hours=26)}, "arrived_at"),
    ],
)
def test_a_value_out_of_range_and_a_stream_that_stopped_are_seen(
    lake: Lake, change: dict[str, object], word: str
) -> None:
    lake.deliver([event("a", **{"arrived_at": now(), **change})])
    lake.run()
    (broken,) = broken_rules(lake)
    assert word in broken
