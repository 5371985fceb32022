"""The Iceberg table of curated flights: its columns, partitions and rows."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights.columns import CURATED

_ID = "curate.table-id"
_PARTITION = "scheduled_departure_day"
_CHANGES = "curate_flights_changes"
# No branch that a person makes begins like this.
_AUDIT = "curate_flights_audit_"


class OvertakenError(Exception):
    """Another writer committed to the table while a run worked on it."""


class CuratedTable:
    """One table of an Iceberg catalogue of Spark: `<catalogue>.<database>.<table>`."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self.spark, self.name = spark, name

    def prepare(self, target_file_bytes: int) -> str:
        """Make of the table that CloudFormation made what the job needs; returns its id.

        Adds the columns that it lacks, the partition by day, and the properties: CloudFormation
        can declare no partition, and its updates break Iceberg tables
        (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919, read
        2026-11-29). A table that is made anew has a new id. Preparing again changes nothing.
        """
        present = set(self.spark.table(self.name).columns)
        missing = [field for field in CURATED if field.name not in present]
        if missing:
            definitions = ", ".join(
                f"{field.name} {field.dataType.simpleString()}"
                f" COMMENT {_literal(field.metadata['comment'])}"
                for field in missing
            )
            self._alter(f"ADD COLUMNS ({definitions})")
        if "partition" not in self.spark.table(f"{self.name}.partitions").columns:
            self._alter(f"ADD PARTITION FIELD days(scheduled_departure) AS {_PARTITION}")
        rows = self.spark.sql(f"SHOW TBLPROPERTIES {self.name}").collect()
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
        # What a killed run left: a branch keeps its snapshots from expiring.
        for name in self.references():
            if name.startswith(_AUDIT):
                self._alter(f"DROP BRANCH IF EXISTS {name}")
        return expected[_ID]

    def days(self) -> DataFrame:
        """Every day that has rows, as `event_day`; read from metadata alone."""
        partitions = self.spark.table(f"{self.name}.partitions")
        return partitions.select(F.col(f"partition.{_PARTITION}").alias("event_day")).distinct()

    def rows(self, days: Iterable[date]) -> DataFrame:
        """The rows of `days`; no file of another day is read."""
        return self.spark.table(self.name).where(_within("scheduled_departure", days))

    @contextmanager
    def branch(self, snapshot_id: int | None) -> Iterator["AuditBranch"]:
        """A branch of the table as it was at `snapshot_id`; it is removed when the block ends.

        Readers of the table do not see it. Raises OvertakenError if anything fails and another
        writer has committed to the table.
        """
        # No two runs have the same branch, so none publishes what another one wrote.
        branch = AuditBranch(self, f"{_AUDIT}{uuid.uuid4().hex[:8]}")
        # A table without a snapshot gets a branch with an empty one.
        version = "" if snapshot_id is None else f" AS OF VERSION {snapshot_id}"
        try:
            self._alter(f"CREATE BRANCH {branch.name}{version}")
            yield branch
        except Exception as error:
            current = self.snapshot_id()
            if current != snapshot_id:
                raise OvertakenError(
                    f"Another writer committed to {self.name} while this run worked on it:"
                    f" snapshot {current} is in the place of {snapshot_id}."
                ) from error
            raise
        finally:
            self._alter(f"DROP BRANCH IF EXISTS {branch.name}")

    def snapshot_id(self) -> int | None:
        """The current snapshot; None before the first commit."""
        return self.references().get("main")

    def references(self) -> dict[str, int]:
        """The snapshot of each branch and tag, by name."""
        rows = self.spark.sql(f"SELECT name, snapshot_id FROM {self.name}.refs").collect()  # noqa: S608
        return {row["name"]: row["snapshot_id"] for row in rows}

    def was_rolled_back(self, snapshot_id: int | None) -> bool:
        """Whether a snapshot that once was the current one is no ancestor of the current one."""
        query = f"""
            SELECT 1 FROM {self.name}.history
            WHERE snapshot_id = {snapshot_id or 0} AND NOT is_current_ancestor
        """  # noqa: S608 -- a number
        return self.spark.sql(query).first() is not None

    def _alter(self, change: str) -> None:
        self.spark.sql(f"ALTER TABLE {self.name} {change}")


class AuditBranch:
    """A branch of a `CuratedTable`, which one run writes, examines and publishes."""

    def __init__(self, table: CuratedTable, name: str) -> None:
        self.name = name
        self._table = table
        self._rows_name = f"{table.name}.branch_{name}"

    def merge(self, changes: DataFrame, days: Iterable[date]) -> None:
        """Insert rows, or put them in the place of those with their event and day: one commit.

        `days` are those of `changes`.
        """
        changes.createOrReplaceTempView(_CHANGES)
        self._table.spark.sql(
            f"""
            MERGE INTO {self._rows_name} AS curated USING {_CHANGES} AS changed
            ON curated.event_id = changed.event_id
                AND to_date(curated.scheduled_departure) = to_date(changed.scheduled_departure)
                AND ({_within("curated.scheduled_departure", days)})
            WHEN MATCHED THEN UPDATE SET *
            WHEN NOT MATCHED THEN INSERT *
            """
        )

    def rows(self, days: Iterable[date]) -> DataFrame:
        """The rows of `days` on the branch; no file of another day is read."""
        rows = self._table.spark.table(self._rows_name)
        return rows.where(_within("scheduled_departure", days))

    def snapshot_id(self) -> int:
        """The snapshot that the branch is at; it stays in the table's metadata until it expires."""
        return self._table.references()[self.name]

    def publish(self) -> None:
        """Make the branch's snapshot the table's: one commit, of metadata alone.

        Iceberg refuses it if the table is no longer at the snapshot that the branch began at, even
        if another writer commits during the call (apache/iceberg, UpdateSnapshotReferencesOperation
        .java: the commit is bound to the metadata that it was made from; read 2026-11-29).
        """
        catalog, _, table = self._table.name.partition(".")
        self._table.spark.sql(
            f"CALL {catalog}.system.fast_forward('{table}', 'main', '{self.name}')"
        )


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
