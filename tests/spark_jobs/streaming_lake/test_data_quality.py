"""The SQL rules of the data quality rule set, run by Spark on curated rows as Glue runs them.

The rules are SQL because DQDL's `ColumnValues ... between` excludes its bounds and fails on null,
which cancelled flights have, and `DataFreshness` requires every row to be recent.
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


def test_cancelled_flights_and_old_rows_break_no_rule(lake: Lake) -> None:
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
def test_a_value_out_of_range_or_a_stopped_stream_breaks_a_rule(
    lake: Lake, change: dict[str, object], word: str
) -> None:
    lake.deliver([event("a", **{"arrived_at": now(), **change})])
    lake.run()
    (broken,) = broken_rules(lake)
    assert word in broken
