"""The job on objects that a replay of the raw log has written, by the function's own code."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from lambdas.streaming_lake.transform_flight_events.replay.raw_object import RawObject
from lambdas.streaming_lake.transform_flight_events.replay.replay import replay
from tests.spark_jobs.streaming_lake.conftest import (
    ARRIVED,
    DATABASE,
    TABLE,
    Clients,
    Lake,
    at,
    event,
    make_lake,
)

Event = dict[str, Any]


def raw_line(row: Event) -> bytes:
    """An event as its producer sends it: the log holds no moment of arrival."""
    fields = {name: value for name, value in row.items() if name != "arrived_at"}
    moment = fields["scheduled_departure"].isoformat() + "Z"
    return json.dumps({**fields, "scheduled_departure": moment}).encode() + b"\n"


def replay_into(lake: Lake, events: list[Event], name: str = "one") -> None:
    """Replay a raw object that holds `events`, the first of which names it."""
    moment = min(row["arrived_at"] for row in events)
    key = f"flights/arrival_hour={moment:%Y-%m-%d-%H}/lake-1-{moment:%Y-%m-%d-%H-%M-%S}-{name}.gz"
    replayed = replay(map(raw_line, events), RawObject.of(key, "flights/"))
    assert replayed.rejected.count == 0
    lake.s3.put_object(
        Bucket="lake",
        Key=RawObject.of(key, "flights/").key_below("replayed/", ".json.gz"),
        Body=replayed.accepted.body,
    )


def later(seconds: float) -> datetime:
    return ARRIVED + timedelta(seconds=seconds)


NOTHING = {"tail_number": None, "departure_delay_minutes": None}


def test_a_replay_alone_gives_the_rows_of_the_events(lake: Lake) -> None:
    events = [
        event("a"),
        event("b", scheduled_departure=at(31, 23), **NOTHING),
        event("c", tail_number="Ünïcode"),
    ]
    lake.deliver(events)
    lake.run()
    expected = lake.rows()
    lake.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)
    lake.make_table()
    for key in lake.keys("events/"):
        lake.s3.delete_object(Bucket="lake", Key=key)
    replay_into(lake, events)
    assert lake.run().fresh == 3
    moments = [row.pop("arrived_at") for row in lake.rows()]
    assert moments == [ARRIVED + timedelta(microseconds=number) for number in range(3)]
    without_moments = [{**row, "arrived_at": None} for row in lake.rows()]
    assert without_moments == [{**row, "arrived_at": None} for row in expected]


def test_a_replay_of_what_the_table_has_changes_nothing(lake: Lake) -> None:
    events = [event("a", arrived_at=later(0.1)), event("b", arrived_at=later(0.2), **NOTHING)]
    lake.deliver(events)
    lake.run()
    rows, snapshots = lake.rows(), lake.snapshots()
    replay_into(lake, events)
    summary = lake.run()
    assert (summary.files_read, summary.events, summary.known) == (1, 2, 2)
    assert (lake.rows(), lake.snapshots()) == (rows, snapshots)


def test_content_that_the_table_has_is_known_even_if_its_moment_seems_later(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", **NOTHING)])
    lake.run()
    rows = lake.rows()
    # Microseconds of the position add up, and a clock may be off.
    replay_into(lake, [event("a", arrived_at=later(5)), event("b", arrived_at=later(5), **NOTHING)])
    assert lake.run().known == 2
    assert lake.rows() == rows


def test_of_two_versions_in_one_raw_object_the_later_line_counts(lake: Lake) -> None:
    versions = [event("a", flight=number) for number in range(1, 20)]
    replay_into(lake, versions)
    assert lake.run().fresh == 1
    assert lake.by_id()["a"]["flight"] == 19


def test_a_correction_that_the_table_missed_is_replayed_into_it(lake: Lake) -> None:
    lake.deliver([event("a"), event("b")])
    lake.run()
    replay_into(lake, [event("a", flight=7, arrived_at=later(400))])
    summary = lake.run()
    assert (summary.corrected, summary.fresh) == (1, 0)
    assert {name: row["flight"] for name, row in lake.by_id().items()} == {"a": 7, "b": 1545}


def test_an_older_version_that_is_replayed_replaces_nothing(lake: Lake) -> None:
    lake.deliver([event("a", flight=7, arrived_at=later(400))])
    lake.run()
    replay_into(lake, [event("a")])
    assert lake.run().known == 1
    assert lake.by_id()["a"]["flight"] == 7


def test_the_exact_moment_of_a_delivered_event_replaces_that_of_its_replay(lake: Lake) -> None:
    replay_into(lake, [event("first"), event("a", arrived_at=later(2))])
    lake.run()
    assert lake.by_id()["a"]["arrived_at"] == later(0.000_001)
    lake.deliver([event("a", arrived_at=later(2))])
    lake.run()
    assert lake.by_id()["a"]["arrived_at"] == later(2)


def test_a_flight_corrected_back_is_what_it_was_at_last_in_any_order(lake: Lake) -> None:
    """Why only a replayed version is ignored for its content: of delivered ones moments count."""
    first, second, third = (
        event("a", flight=number, arrived_at=later(seconds))
        for number, seconds in ((1, 0), (2, 10), (1, 20))
    )
    for row in (first, third, second):
        lake.deliver([row])
        lake.run()
    row = lake.by_id()["a"]
    assert (row["flight"], row["arrived_at"]) == (1, later(20))


@pytest.mark.parametrize(
    "line",
    [
        b'{"event_id": "a", "flight": 1',
        b'{"event_id": "a", "flight": "one"}\n',
        b'{"event_id": "a", "scheduled_departure": "yesterday"}\n',
        b"no JSON\n",
    ],
)
def test_a_line_that_does_not_fit_fails_the_run_and_loses_nothing(lake: Lake, line: bytes) -> None:
    lake.deliver([event("a")])
    replay_into(lake, [event("b")])
    lake.deliver_replayed("broken", line)
    with pytest.raises(Py4JJavaError, match="FAILFAST"):
        lake.run()
    assert lake.rows() == []
    lake.s3.delete_object(Bucket="lake", Key="replayed/arrival_hour=2026-11-20-22/broken.json.gz")
    assert lake.run().fresh == 2


def test_half_an_object_fails_the_run(lake: Lake) -> None:
    replay_into(lake, [event(f"{number}") for number in range(50)])
    (key,) = lake.keys("replayed/")
    body = lake.s3.get_object(Bucket="lake", Key=key)["Body"].read()
    lake.s3.put_object(Bucket="lake", Key=key, Body=body[: len(body) // 2])
    with pytest.raises(Py4JJavaError, match=r"EOFException|Unexpected end"):
        lake.run()
    assert lake.rows() == []


def test_the_counts_of_a_run_are_remembered_with_what_it_read(lake: Lake) -> None:
    lake.deliver([event("a")])
    replay_into(lake, [event("a"), event("b")])
    lake.run()
    (state_key,) = lake.keys("state/")
    state = lake.parts()[0].remembered(state_key)
    assert set(state["files"]) == {*lake.keys("events/"), *lake.keys("replayed/")}
    counts = {name: state["summary"][name] for name in ("files_read", "events", "known", "fresh")}
    assert counts == {"files_read": 2, "events": 3, "known": 1, "fresh": 2}


VERSIONS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 2), st.integers(1, 3)), min_size=1, max_size=8
)
CUTS = st.lists(st.integers(0, 8), max_size=2).map(sorted)


@pytest.fixture(scope="module")
def make(spark: SparkSession, clients: Clients) -> Callable[[], Lake]:
    return lambda: make_lake(spark, clients)


def pieces(events: list[Event], cuts: list[int]) -> list[list[Event]]:
    """Runs of events, as buffers cut them; none is empty."""
    edges = [0, *cuts, len(events)]
    runs = [events[start:end] for start, end in pairwise(edges)]
    return [run for run in runs if run]


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(versions=VERSIONS, delivered=CUTS, logged=CUTS, order=st.randoms(use_true_random=False))
def test_originals_and_then_replays_in_any_mix_are_the_originals(
    make: Callable[[], Lake], versions: list[Any], delivered: list[int], logged: list[int],
    order: Any,
) -> None:  # fmt: skip
    """Each event at its own second; objects of the log are cut elsewhere than the lake's."""
    events = [
        event(name, scheduled_departure=at(day), flight=flight, arrived_at=later(number + 0.25))
        for number, (name, day, flight) in enumerate(versions)
    ]
    with mock_aws():
        lake = make()
        for run in pieces(events, delivered):
            lake.deliver(run)
            lake.run()
        rows, snapshots = lake.rows(), lake.snapshots()
        replays = pieces(events, logged)
        order.shuffle(replays)
        for number, run in enumerate(replays):
            replay_into(lake, run, f"{number}")
            if order.random() < 0.5:
                lake.run()
        lake.run()
        assert (lake.rows(), lake.snapshots()) == (rows, snapshots)
        # And the replays alone give the same rows but for their moments.
        lake.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)
        lake.make_table()
        for key in lake.keys("events/"):
            lake.s3.delete_object(Bucket="lake", Key=key)
        lake.run()
        inexact = dict.fromkeys(("arrived_at", "late"))
        assert [{**row, **inexact} for row in lake.rows()] == [{**row, **inexact} for row in rows]
