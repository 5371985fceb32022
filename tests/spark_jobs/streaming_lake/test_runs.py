"""The job may be run twice, at any time, or killed anywhere: the result is the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pyspark.sql import SparkSession

from curate_flights.catalog import Catalog
from curate_flights.curate import run
from curate_flights.lake import StoredObject
from local.services.glue.mirrored_lake import MirroredLake
from tests.spark_jobs.streaming_lake.conftest import BUCKET, Lake, at, event, make_lake


class KilledError(Exception):
    """Interrupts a run in the tests."""


def test_a_second_run_with_nothing_new_writes_nothing(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    before = lake.keys("curated/")
    summary = lake.run()
    assert (summary.fresh, summary.days_published, summary.objects_deleted) == (0, 0, 0)
    assert lake.keys("curated/") == before


@pytest.mark.parametrize(("ahead_minutes", "fresh"), [(30, 1), (90, 0)])
def test_an_object_before_the_watermark_is_read_if_within_the_overlap(
    lake: Lake, ahead_minutes: int, fresh: int
) -> None:
    """Its time lies before the watermark, as when it was written while the run was listing."""
    watermark = datetime.now(UTC) + timedelta(minutes=ahead_minutes)
    state = json.dumps({"watermark": watermark.isoformat()})
    lake.s3.put_object(Bucket=BUCKET, Key="state/curate_flights.json", Body=state)
    lake.deliver([event("a")])
    assert lake.run().fresh == fresh


def test_readers_see_a_day_as_it_was_until_all_days_are_written(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    lake.deliver([event("c"), event("d", scheduled_departure=at(2))])
    listings: list[list[str]] = []
    publish = Catalog.publish

    def spied(self: Catalog, folders: dict[Any, str]) -> None:
        listings.append([row["event_id"] for row in lake.rows()])
        publish(self, folders)

    monkeypatch.setattr(Catalog, "publish", spied)
    lake.run()
    assert listings == [["a", "b"]]
    assert list(lake.by_id()) == ["a", "b", "c", "d"]


def test_replaced_folders_are_deleted_after_the_grace_period(lake: Lake) -> None:
    lake.grace = timedelta(hours=24)
    lake.deliver([event("a")])
    lake.run()
    lake.deliver([event("b")])
    assert lake.run().objects_deleted == 0
    assert len(lake.keys("curated/")) == 2
    lake.grace = timedelta(0)
    assert lake.run().objects_deleted == 1
    assert set(lake.by_id()) == {"a", "b"}


def test_the_grace_period_starts_when_a_folder_is_replaced(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.grace = timedelta(hours=24)
    lake.deliver([event("a")])
    lake.run()
    old = set(lake.keys("curated/"))
    objects = MirroredLake.objects

    def aged(self: MirroredLake, prefix: str, start_after: str = "") -> list[StoredObject]:
        days = timedelta(days=3)
        return [
            replace(stored, modified=stored.modified - days) if stored.key in old else stored
            for stored in objects(self, prefix, start_after)
        ]

    monkeypatch.setattr(MirroredLake, "objects", aged)
    lake.deliver([event("b")])
    assert lake.run().objects_deleted == 0
    assert old < set(lake.keys("curated/"))


def killed_before(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Kill the run when it comes to a step of `Lake` or `Catalog`."""

    def arrange(patch: pytest.MonkeyPatch) -> None:
        def die(*_: Any, **__: Any) -> None:
            raise KilledError(name)

        owner: Any = Catalog if name == "publish" else MirroredLake
        patch.setattr(owner, name, die)

    return arrange


def killed_while_publishing(patch: pytest.MonkeyPatch) -> None:
    """Kill it with one of the days published."""
    publish = Catalog.publish

    def half(self: Catalog, folders: dict[Any, str]) -> None:
        day = sorted(folders)[0]
        publish(self, {day: folders[day]})
        raise KilledError("publishing")

    patch.setattr(Catalog, "publish", half)


def killed_while_storing(patch: pytest.MonkeyPatch) -> None:
    """Kill it with one of the files uploaded."""

    def half(self: MirroredLake, prefix: str) -> None:
        path = next((self.mirror / "out" / prefix).rglob("*.parquet"))
        key = str(path.relative_to(self.mirror / "out"))
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        raise KilledError("storing")

    patch.setattr(MirroredLake, "store", half)


@pytest.mark.parametrize(
    "kill",
    [
        killed_before("write"),
        killed_while_storing,
        killed_before("publish"),
        killed_while_publishing,
        killed_before("remember"),
        killed_before("delete"),
    ],
    ids=["before writing", "while storing", "before publishing", "while publishing",
         "before remembering", "before sweeping"],
)  # fmt: skip
def test_the_next_run_completes_a_killed_one(
    lake: Lake, kill: Callable[[pytest.MonkeyPatch], None]
) -> None:
    lake.deliver([event("a"), event("b", scheduled_departure=at(2))])
    lake.run()
    lake.deliver([event("c"), event("d", scheduled_departure=at(2)), event("a")])
    with pytest.MonkeyPatch.context() as patch:
        kill(patch)
        with pytest.raises(KilledError):
            lake.run()
    assert {"a", "b"} <= set(lake.by_id()), "what was published before is still there"
    lake.run()
    rows = lake.by_id()
    assert {i: (row["day"], row["late"]) for i, row in rows.items()} == {
        "a": ("2013-01-01", False),
        "b": ("2013-01-02", False),
        "c": ("2013-01-01", True),
        "d": ("2013-01-02", True),
    }


def test_more_than_a_hundred_days_are_published_in_several_calls() -> None:
    calls: list[int] = []

    class Glue:
        """Counts; knows no partition."""

        def get_paginator(self, _: str) -> Any:
            return type("P", (), {"paginate": lambda *_, **__: [{"Partitions": []}]})()

        def get_table(self, **_: str) -> Any:
            return {"Table": {"StorageDescriptor": {}}}

        def batch_create_partition(self, **call: Any) -> Any:
            calls.append(len(call["PartitionInputList"]))
            return {"Errors": []}

    days = {(f"20{n // 28:02d}-01", f"{n % 28:02d}"): "curated/x/" for n in range(250)}
    Catalog(Glue(), "d", "t", "b").publish(days)
    assert calls == [100, 100, 50]


def test_a_partition_that_glue_refuses_fails_the_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.deliver([event("a")])
    monkeypatch.setattr(
        lake.glue, "batch_create_partition", lambda **_: {"Errors": [{"ErrorDetail": "no"}]}
    )
    with pytest.raises(RuntimeError, match="Glue refused 1 partitions"):
        lake.run()


IDS = st.sampled_from("abcdefgh")
BATCHES = st.lists(
    st.lists(st.tuples(IDS, st.integers(1, 4), st.integers(0, 3)), max_size=6),
    min_size=1,
    max_size=3,
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES)
def test_curating_twice_equals_once(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, batches: list[Any]
) -> None:
    def curated(times: int) -> dict[str, tuple[str, int]]:
        folder: Path = tmp_path_factory.mktemp("lake")
        with mock_aws():
            lake = make_lake(spark, folder)
            for batch in batches:
                if batch:
                    lake.deliver(
                        [
                            event(i, scheduled_departure=at(day), flight=1 + order)
                            | {"arrived_at": at(1) + timedelta(seconds=order)}
                            for i, day, order in batch
                        ]
                    )
                for _ in range(times):
                    run(*lake.parts())
            return {i: (row["day"], row["flight"]) for i, row in lake.by_id().items()}

    once = curated(1)
    assert curated(2) == once
    assert set(once) == {i for batch in batches for i, _, _ in batch}
