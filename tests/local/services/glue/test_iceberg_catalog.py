"""Of two writers to a table, the one that had not seen the other's commit is refused."""

import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import AddSnapshotUpdate, update_table_metadata
from pyiceberg.types import NestedField, StringType

from local.services.glue.iceberg_catalog import hold_order


def added(number: int) -> AddSnapshotUpdate:
    """The update of a writer who had seen `number - 1` commits, to whatever branch."""
    return AddSnapshotUpdate(
        snapshot=Snapshot.model_validate(
            {
                "snapshot-id": number + 100,
                "sequence-number": number,
                "timestamp-ms": 4_000_000_000_000 + number,
                "manifest-list": "s3://lake/snap.avro",
                "summary": {"operation": "append"},
                "schema-id": 0,
            }
        )
    )


@pytest.fixture
def metadata() -> TableMetadata:
    """A table with two commits."""
    table = new_table_metadata(
        Schema(NestedField(1, "event_id", StringType(), required=False)),
        UNPARTITIONED_PARTITION_SPEC,
        UNSORTED_SORT_ORDER,
        "s3://lake/curated",
        {"format-version": "2"},
    )
    return update_table_metadata(table, (added(1), added(2)))


def test_a_writer_who_missed_a_commit_to_any_branch_must_try_again(metadata: TableMetadata) -> None:
    with pytest.raises(CommitFailedException, match="another writer was first"):
        hold_order([added(2)], metadata)


def test_a_writer_who_saw_all_commits_is_let_through(metadata: TableMetadata) -> None:
    hold_order([added(3)], metadata)
