"""The job may be run twice, at any time, or killed anywhere: the result is the same."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pyspark.sql import SparkSession

from curate_flights.curate import Summary, run
from curate_flights.lake import Lake as JobLake
from curate_flights.table import AuditBranch, OvertakenError
from tests.spark_jobs.streaming_lake.conftest import (
    BUCKET,
    DATABASE,
    NAME,
    TABLE,
    Clients,
    Lake,
    at,
    event,
    make_lake,
)


class KilledError(Exception):
    """Interrupts a run in the tests."""


def test_a_second_run_with_nothing_new_commits_and_writes_nothing(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    before = lake.keys("")
    summary = lake.run()
    assert (summary.files_read, summary.events, summary.days_changed) == (0, 0, 0)
    assert lake.keys("") == before


def test_a_run_is_published_at_once_whatever_days_it_changes(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    first = lake.run()
    lake.deliver([event("c"), event("d", scheduled_departure=at(2))])
    second = lake.run()
    assert lake.published() == [first.snapshot_id, second.snapshot_id]
    assert lake.references() == ["main"]
    query = f"SELECT event_id FROM {NAME} VERSION AS OF {first.snapshot_id}"  # noqa: S608
    assert sorted(row[0] for row in lake.spark.sql(query).collect()) == ["a", "b"]
    assert list(lake.by_id()) == ["a", "b", "c", "d"]


def test_the_backlog_of_a_stop_of_three_days_arrives_over_two_runs(lake: Lake) -> None:
    """Firehose files events under the hour in which the stream took them in, oldest first."""
    lake.deliver([event("a")], hours_ago=72)
    lake.deliver([event("now")], hours_ago=1)  # another shard is up to date already
    assert lake.run().fresh == 2
    lake.deliver([event("b")], hours_ago=70)
    lake.deliver([event("c")], hours_ago=60)
    assert lake.run().fresh == 2
    assert set(lake.by_id()) == {"a", "b", "c", "now"}


def test_an_object_that_was_overwritten_is_read_again(lake: Lake) -> None:
    lake.deliver([event("a")])
    lake.run()
    (key,) = lake.keys("events/")
    lake.deliver([event("b")])
    other = next(name for name in lake.keys("events/") if name != key)
    source = {"Bucket": BUCKET, "Key": other}
    lake.s3.copy_object(Bucket=BUCKET, Key=key, CopySource=source)
    lake.s3.delete_object(Bucket=BUCKET, Key=other)
    assert lake.run().files_read == 1
    assert set(lake.by_id()) == {"a", "b"}


def test_the_list_of_read_files_holds_those_that_are_there(lake: Lake) -> None:
    lake.deliver([event("a")])
    lake.deliver([event("b")])
    lake.run()
    (state_key,) = lake.keys("state/")
    aged, kept = lake.keys("events/")
    lake.s3.delete_object(Bucket=BUCKET, Key=aged)  # as the lifecycle rule does
    lake.run()
    assert [*JobLake(lake.spark, lake.s3, BUCKET).remembered(state_key)["files"]] == [kept]
    assert set(lake.by_id()) == {"a", "b"}


def test_a_table_that_was_made_anew_gets_every_event_again(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    lake.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)
    lake.make_table()
    assert lake.run().fresh == 2
    assert set(lake.by_id()) == {"a", "b"}


def test_a_table_that_was_rolled_back_gets_its_later_events_again(lake: Lake) -> None:
    lake.deliver([event("a")])
    first = lake.run().snapshot_id
    lake.deliver([event("b")])
    lake.run()
    catalog, _, table = NAME.partition(".")
    lake.spark.sql(f"CALL {catalog}.system.rollback_to_snapshot('{table}', {first})")
    assert set(lake.by_id()) == {"a"}
    assert lake.run().fresh == 1
    assert set(lake.by_id()) == {"a", "b"}


def test_snapshots_that_expired_take_neither_rows_nor_the_list_with_them(lake: Lake) -> None:
    for name in "abc":
        lake.deliver([event(name)])
        lake.run()
    catalog, _, table = NAME.partition(".")
    lake.spark.sql(
        f"CALL {catalog}.system.expire_snapshots(table => '{table}',"
        " older_than => timestamp '2100-01-01 00:00:00', retain_last => 1)"
    )
    assert len(lake.snapshots()) == 1
    assert lake.run().files_read == 0
    assert set(lake.by_id()) == {"a", "b", "c"}


def killed_before(owner: Any, name: str) -> Callable[[pytest.MonkeyPatch, Lake], None]:
    """Kill the run when it comes to a step."""

    def arrange(patch: pytest.MonkeyPatch, _lake: Lake) -> None:
        def die(*_: Any, **__: Any) -> None:
            raise KilledError(name)

        patch.setattr(owner, name, die)

    return arrange


def killed_before_commit(number: int) -> Callable[[pytest.MonkeyPatch, Lake], None]:
    """Kill it before its branch is made, merged into, published or removed, and in no other way.

    What it wrote for that commit is there, and the table is not pointed at it.
    """

    def arrange(patch: pytest.MonkeyPatch, lake: Lake) -> None:
        update_table, commits = lake.glue.update_table, count(1)

        def die(**request: Any) -> Any:
            if next(commits) >= number:
                raise KilledError("update_table")
            return update_table(**request)

        patch.setattr(lake.glue, "update_table", die)

    return arrange


@pytest.mark.parametrize(
    "kill",
    [
        killed_before_commit(1),
        killed_before_commit(2),
        killed_before_commit(3),
        killed_before_commit(4),
        killed_before(JobLake, "remember"),
    ],
    ids=["before branching", "before the merge", "before publishing", "after it", "at the end"],
)
def test_the_next_run_completes_a_killed_one(
    lake: Lake, kill: Callable[[pytest.MonkeyPatch, Lake], None]
) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    lake.deliver([event("c"), event("d", scheduled_departure=at(2)), event("a")])
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, lake)
        with pytest.raises(Exception):  # noqa: B017, PT011 -- Spark wraps what killed it
            lake.run()
    assert set(lake.by_id()) in ({"a", "b"}, {"a", "b", "c", "d"}), "all of a run, or nothing"
    lake.run()
    assert lake.references() == ["main"]
    rows = lake.by_id()
    assert {i: (row["day"], row["late"]) for i, row in rows.items()} == {
        "a": ("2013-01-01", False),
        "b": ("2013-01-02", False),
        "c": ("2013-01-01", True),
        "d": ("2013-01-02", True),
    }


def overtake(
    patch: pytest.MonkeyPatch, lake: Lake, step: tuple[type, str], commit: Callable[[], object]
) -> None:
    """Let another writer commit just before a run comes to a step, once."""
    owner, name = step
    original = getattr(owner, name)

    def overtaken(*arguments: Any) -> Any:
        patch.setattr(owner, name, original)
        commit()
        return original(*arguments)

    patch.setattr(owner, name, overtaken)


STEPS = [(AuditBranch, "merge"), (AuditBranch, "publish")]


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
def test_a_run_that_another_one_overtakes_starts_again_and_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str]
) -> None:
    lake.deliver([event("a")])
    first = lake.run()
    lake.deliver([event("b"), event("c")])
    winners: list[Summary] = []
    overtake(monkeypatch, lake, step, lambda: winners.append(lake.run()))
    summary = lake.run()
    (winner,) = winners
    assert (winner.fresh, summary.fresh, summary.known) == (2, 0, 2)
    assert lake.published() == [first.snapshot_id, winner.snapshot_id]
    assert lake.references() == ["main"]
    assert set(lake.by_id()) == {"a", "b", "c"}


def test_a_commit_of_another_writer_is_kept(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.deliver([event("a"), event("b")])
    lake.run()
    lake.deliver([event("c")])
    deletion = f"DELETE FROM {NAME} WHERE event_id = 'b'"  # noqa: S608
    overtake(monkeypatch, lake, STEPS[-1], lambda: lake.spark.sql(deletion))
    assert lake.run().fresh == 1
    assert set(lake.by_id()) == {"a", "c"}


def test_a_run_that_is_overtaken_each_time_fails_and_publishes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.deliver([event("a")])
    lake.run()
    lake.deliver([event("b")])
    publish = AuditBranch.publish
    another = lake.spark.table(NAME).schema

    def overtaken(branch: AuditBranch) -> None:
        lake.spark.createDataFrame([], another).writeTo(NAME).append()
        publish(branch)

    monkeypatch.setattr(AuditBranch, "publish", overtaken)
    with pytest.raises(OvertakenError, match="Another writer committed to"):
        lake.run()
    assert set(lake.by_id()) == {"a"}
    assert lake.references() == ["main"]


@pytest.mark.parametrize("commit", [1, 2, 3])
def test_of_two_runs_that_commit_at_once_the_later_publishes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    """Glue refuses an UpdateTable with the version before another writer's, moto does not."""
    lake.deliver([event("a")])
    first = lake.run().snapshot_id
    lake.deliver([event("b"), event("c")])
    update_table, commits = lake.glue.update_table, count(1)
    winners: list[int | None] = []

    def beaten(**request: Any) -> Any:
        if winners or next(commits) < commit:
            return update_table(**request)
        winners.append(None)  # this run's own commit is let through
        winners[0] = lake.run().snapshot_id
        conflict = {"Error": {"Code": "ConcurrentModificationException", "Message": "version"}}
        raise lake.glue.exceptions.ConcurrentModificationException(conflict, "UpdateTable")

    with monkeypatch.context() as patch:
        patch.setattr(lake.glue, "update_table", beaten)
        assert lake.run().known == 2
    assert lake.published() == [first, *winners]
    assert lake.references() == ["main"]
    assert set(lake.by_id()) == {"a", "b", "c"}
    assert lake.run().files_read == 0


IDS = st.sampled_from("abcd")
BATCHES = st.lists(
    st.lists(st.tuples(IDS, st.integers(1, 3), st.integers(0, 3)), max_size=6),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def make(spark: SparkSession, clients: Clients) -> Callable[[], Lake]:
    return lambda: make_lake(spark, clients)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES)
def test_the_result_depends_neither_on_the_order_of_batches_nor_on_repetition(
    make: Callable[[], Lake], batches: list[Any]
) -> None:
    def curated(order: list[Any], times: int) -> set[tuple[str, str, int]]:
        with mock_aws():
            lake = make()
            for batch in order:
                if batch:
                    lake.deliver(
                        [
                            event(i, scheduled_departure=at(day), flight=1 + version)
                            | {"arrived_at": at(1) + timedelta(seconds=version)}
                            for i, day, version in batch
                        ]
                    )
                for _ in range(times):
                    run(*lake.parts())
            return {(row["event_id"], row["day"], row["flight"]) for row in lake.rows()}

    once = curated(batches, 1)
    assert curated(batches[::-1], 2) == once
    assert {(i, day) for i, day, _ in once} == {
        (i, f"2013-01-{day:02d}") for batch in batches for i, day, _ in batch
    }
