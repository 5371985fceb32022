"""The Iceberg table of curated flights: its columns, partitions and rows."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights.columns import CURATED

_ID = "curate.table-id"
_PARTITION = "scheduled_departure_day"
_CHANGES = "curate_flights_changes"


class CuratedTable:
    """One table of an Iceberg catalogue of Spark: `<catalogue>.<database>.<table>`."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self._spark, self._name = spark, name

    def prepare(self, target_file_bytes: int) -> str:
        """Make of the table that CloudFormation made what the job needs; returns its id.

        Adds the columns that it lacks, the partition by day, and the properties: CloudFormation
        can declare no partition, and its updates break Iceberg tables
        (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919, read
        2026-11-29). A table that is made anew has a new id. Preparing again changes nothing.
        """
        present = set(self._spark.table(self._name).columns)
        missing = [field for field in CURATED if field.name not in present]
        if missing:
            definitions = ", ".join(
                f"{field.name} {field.dataType.simpleString()}"
                f" COMMENT {_literal(field.metadata['comment'])}"
                for field in missing
            )
            self._alter(f"ADD COLUMNS ({definitions})")
        if "partition" not in self._spark.table(f"{self._name}.partitions").columns:
            self._alter(f"ADD PARTITION FIELD days(scheduled_departure) AS {_PARTITION}")
        rows = self._spark.sql(f"SHOW TBLPROPERTIES {self._name}").collect()
        properties: dict[str, str] = {row["key"]: row["value"] for row in rows}
        expected = {
            _ID: properties.get(_ID, str(uuid.uuid4())),
            "write.target-file-size-bytes": str(target_file_bytes),
            # Old metadata files go with the commits, not with the optimizer of orphan files alone.
            "write.metadata.delete-after-commit.enabled": "true",
            "write.metadata.previous-versions-max": "100",
        }
        if not expected.items() <= properties.items():
            pairs = ", ".join(f"'{key}' = '{value}'" for key, value in expected.items())
            self._alter(f"SET TBLPROPERTIES ({pairs})")
        return expected[_ID]

    def days(self) -> DataFrame:
        """Every day that has rows, as `event_day`; read from metadata alone."""
        partitions = self._spark.table(f"{self._name}.partitions")
        return partitions.select(F.col(f"partition.{_PARTITION}").alias("event_day")).distinct()

    def rows(self, days: Iterable[date]) -> DataFrame:
        """The rows of `days`; no file of another day is read."""
        return self._spark.table(self._name).where(_within("scheduled_departure", days))

    def merge(self, changes: DataFrame, days: Iterable[date]) -> None:
        """Insert rows, or put them in the place of those with their event and day: one commit.

        `days` are those of `changes`. A commit of another writer to these days meanwhile makes
        Iceberg refuse this one, and Spark raises.
        """
        changes.createOrReplaceTempView(_CHANGES)
        self._spark.sql(
            f"""
            MERGE INTO {self._name} AS curated USING {_CHANGES} AS changed
            ON curated.event_id = changed.event_id
                AND to_date(curated.scheduled_departure) = to_date(changed.scheduled_departure)
                AND ({_within("curated.scheduled_departure", days)})
            WHEN MATCHED THEN UPDATE SET *
            WHEN NOT MATCHED THEN INSERT *
            """
        )

    def snapshot_id(self) -> int | None:
        """The current snapshot; None before the first commit."""
        query = f"SELECT snapshot_id FROM {self._name}.refs WHERE name = 'main'"  # noqa: S608
        row = self._spark.sql(query).first()
        return row["snapshot_id"] if row else None

    def was_rolled_back(self, snapshot_id: int | None) -> bool:
        """Whether a snapshot that once was the current one is no ancestor of the current one."""
        query = f"""
            SELECT 1 FROM {self._name}.history
            WHERE snapshot_id = {snapshot_id or 0} AND NOT is_current_ancestor
        """  # noqa: S608 -- a number
        return self._spark.sql(query).first() is not None

    def _alter(self, change: str) -> None:
        self._spark.sql(f"ALTER TABLE {self._name} {change}")


def _within(column: str, days: Iterable[date]) -> str:
    """A condition that Iceberg prunes partitions by: ranges of days that follow each other."""
    ranges = [
        f"({column} >= timestamp_ntz'{first}' AND {column} < timestamp_ntz'{last + _DAY}')"
        for first, last in _ranges(sorted(days))
    ]
    return " OR ".join(ranges) or "false"


_DAY = timedelta(days=1)


def _ranges(days: list[date]) -> Iterator[tuple[date, date]]:
    start = 0
    for position, day in enumerate(days):
        if position + 1 == len(days) or days[position + 1] != day + _DAY:
            yield days[start], day
            start = position + 1


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
