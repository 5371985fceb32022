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


def test_a_second_run_with_nothing_new_commits_and_writes_nothing(curated: Lake) -> None:
    before = curated.keys("")
    summary = curated.run()
    assert (summary.files_read, summary.events, summary.days_changed) == (0, 0, 0)
    assert curated.keys("") == before


def test_a_run_is_published_at_once_whatever_days_it_changes(curated: Lake) -> None:
    (first,) = curated.published()
    curated.deliver([event("c"), event("d", scheduled_departure=at(2))])
    second = curated.run()
    assert curated.published() == [first, second.snapshot_id]
    assert curated.references() == ["main"]
    query = f"SELECT event_id FROM {NAME} VERSION AS OF {first}"  # noqa: S608
    assert sorted(row[0] for row in curated.spark.sql(query).collect()) == ["a", "b"]
    assert list(curated.by_id()) == ["a", "b", "c", "d"]


def test_the_backlog_of_a_stop_of_three_days_arrives_over_two_runs(lake: Lake) -> None:
    """Firehose files events under the hour in which the stream took them in, oldest first."""
    lake.deliver([event("a")], hours_ago=72)
    lake.deliver([event("now")], hours_ago=1)  # another shard is up to date already
    assert lake.run().fresh == 2
    lake.deliver([event("b")], hours_ago=70)
    lake.deliver([event("c")], hours_ago=60)
    assert lake.run().fresh == 2
    assert set(lake.by_id()) == {"a", "b", "c", "now"}


def test_an_object_that_was_overwritten_is_read_again(curated: Lake) -> None:
    (key,) = curated.keys("events/")
    curated.deliver([event("c")])
    other = next(name for name in curated.keys("events/") if name != key)
    source = {"Bucket": BUCKET, "Key": other}
    curated.s3.copy_object(Bucket=BUCKET, Key=key, CopySource=source)
    curated.s3.delete_object(Bucket=BUCKET, Key=other)
    assert curated.run().files_read == 1
    assert set(curated.by_id()) == {"a", "b", "c"}


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


def test_a_table_that_was_made_anew_gets_every_event_again(curated: Lake) -> None:
    curated.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)
    curated.make_table()
    assert curated.run().fresh == 2
    assert set(curated.by_id()) == {"a", "b"}


def test_a_table_that_was_rolled_back_gets_its_later_events_again(curated: Lake) -> None:
    (first,) = curated.published()
    curated.deliver([event("c")])
    curated.run()
    catalog, _, table = NAME.partition(".")
    curated.spark.sql(f"CALL {catalog}.system.rollback_to_snapshot('{table}', {first})")
    assert set(curated.by_id()) == {"a", "b"}
    assert curated.run().fresh == 1
    assert set(curated.by_id()) == {"a", "b", "c"}


def test_snapshots_that_expired_take_neither_rows_nor_the_list_with_them(curated: Lake) -> None:
    for name in "cd":
        curated.deliver([event(name)])
        curated.run()
    catalog, _, table = NAME.partition(".")
    curated.spark.sql(
        f"CALL {catalog}.system.expire_snapshots(table => '{table}',"
        " older_than => timestamp '2100-01-01 00:00:00', retain_last => 1)"
    )
    assert len(curated.snapshots()) == 1
    assert curated.run().files_read == 0
    assert set(curated.by_id()) == {"a", "b", "c", "d"}


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
    curated: Lake, kill: Callable[[pytest.MonkeyPatch, Lake], None]
) -> None:
    curated.deliver([event("c"), event("d", scheduled_departure=at(2)), event("a")])
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, curated)
        with pytest.raises(Exception):  # noqa: B017, PT011 -- Spark wraps what killed it
            curated.run()
    assert set(curated.by_id()) in ({"a", "b"}, {"a", "b", "c", "d"}), "all of a run, or nothing"
    curated.run()
    assert curated.references() == ["main"]
    rows = curated.by_id()
    assert {i: (row["day"], row["late"]) for i, row in rows.items()} == {
        "a": ("2013-01-01", False),
        "b": ("2013-01-02", False),
        "c": ("2013-01-01", True),
        "d": ("2013-01-02", True),
    }


def overtake(
    patch: pytest.MonkeyPatch, step: tuple[type, str], commit: Callable[[], object]
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
    curated: Lake, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str]
) -> None:
    (first,) = curated.published()
    curated.deliver([event("c"), event("d")])
    winners: list[Summary] = []
    overtake(monkeypatch, step, lambda: winners.append(curated.run()))
    summary = curated.run()
    (winner,) = winners
    assert (winner.fresh, summary.fresh, summary.known) == (2, 0, 2)
    assert curated.published() == [first, winner.snapshot_id]
    assert curated.references() == ["main"]
    assert set(curated.by_id()) == {"a", "b", "c", "d"}


def test_a_commit_of_another_writer_is_kept(curated: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """It deletes a row of the day that the run changes."""
    curated.deliver([event("c", scheduled_departure=at(2))])
    deletion = f"DELETE FROM {NAME} WHERE event_id = 'b'"  # noqa: S608
    overtake(monkeypatch, STEPS[-1], lambda: curated.spark.sql(deletion))
    assert curated.run().fresh == 1
    assert set(curated.by_id()) == {"a", "c"}


def test_a_run_that_is_overtaken_each_time_fails_and_publishes_nothing(
    curated: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    curated.deliver([event("c")])
    publish = AuditBranch.publish
    another = curated.spark.table(NAME).schema

    def overtaken(branch: AuditBranch) -> None:
        curated.spark.createDataFrame([], another).writeTo(NAME).append()
        publish(branch)

    monkeypatch.setattr(AuditBranch, "publish", overtaken)
    with pytest.raises(OvertakenError, match="Another writer committed to"):
        curated.run()
    assert set(curated.by_id()) == {"a", "b"}
    assert curated.references() == ["main"]


@pytest.mark.parametrize("commit", [1, 2, 3])
def test_of_two_runs_that_commit_at_once_the_later_publishes_nothing(
    curated: Lake, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    """Glue refuses an UpdateTable with the version before another writer's, moto does not."""
    (first,) = curated.published()
    curated.deliver([event("c"), event("d")])
    update_table, commits = curated.glue.update_table, count(1)
    winners: list[int | None] = []

    def beaten(**request: Any) -> Any:
        if winners or next(commits) < commit:
            return update_table(**request)
        winners.append(None)  # this run's own commit is let through
        winners[0] = curated.run().snapshot_id
        conflict = {"Error": {"Code": "ConcurrentModificationException", "Message": "version"}}
        raise curated.glue.exceptions.ConcurrentModificationException(conflict, "UpdateTable")

    with monkeypatch.context() as patch:
        patch.setattr(curated.glue, "update_table", beaten)
        assert curated.run().known == 2
    assert curated.published() == [first, *winners]
    assert curated.references() == ["main"]
    assert set(curated.by_id()) == {"a", "b", "c", "d"}
    assert curated.run().files_read == 0


# An event's fate depends on those of its id alone, so one lake with many ids tries many histories.
IDS = st.sampled_from("abcdefghijklmnop")
BATCHES = st.lists(
    st.lists(st.tuples(IDS, st.integers(1, 3), st.integers(0, 3)), min_size=8, max_size=32),
    min_size=2,
    max_size=3,
)


@pytest.fixture(scope="module")
def make(spark: SparkSession, clients: Clients) -> Callable[[], Lake]:
    return lambda: make_lake(spark, clients)


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
