"""The job on objects that a replay of the raw log has written, by the function's own code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from curate_flights.curate import Summary
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


BROKEN_LINES = [
    b'{"event_id": "a", "flight": 1',
    b'{"event_id": "a", "flight": "one"}\n',
    b'{"event_id": "a", "scheduled_departure": "yesterday"}\n',
    b"no JSON\n",
]


def test_a_line_that_does_not_fit_fails_the_run_and_loses_nothing(lake: Lake) -> None:
    lake.deliver([event("a")])
    replay_into(lake, [event("b")])
    for number, line in enumerate(BROKEN_LINES):
        lake.deliver_replayed(f"broken-{number}", line)
        with pytest.raises(Py4JJavaError, match="FAILFAST"):
            lake.run()
        key = f"replayed/arrival_hour=2026-11-20-22/broken-{number}.json.gz"
        lake.s3.delete_object(Bucket="lake", Key=key)
    assert lake.rows() == []
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


@dataclass(frozen=True)
class ThreeRuns:
    """What three runs made of events that have nothing to do with each other."""

    summaries: list[Summary]
    rows: list[Mapping[str, Event]]
    """After each run, by `event_id`."""


@pytest.fixture(scope="module")
def runs(spark: SparkSession, clients: Clients) -> ThreeRuns:
    """First, second and third version, delivered or replayed; each id is a case of its own."""
    done = ThreeRuns([], [])
    with mock_aws():
        lake = make_lake(spark, clients)

        def run() -> None:
            done.summaries.append(lake.run())
            done.rows.append(lake.by_id())

        corrected_back = [
            event("corrected back", flight=flight, arrived_at=later(seconds))
            for flight, seconds in ((1, 0), (2, 10), (1, 20))
        ]
        lake.deliver([event("known"), event("known, of nulls", **NOTHING), event("missed")])
        lake.deliver([event("older", flight=7, arrived_at=later(400)), corrected_back[0]])
        replay_into(lake, [event("versions", flight=number) for number in range(1, 20)], "versions")
        replay_into(lake, [event("first"), event("exact", arrived_at=later(2))], "exact")
        run()
        # Microseconds of the position add up, and a clock may be off.
        known = [event("known"), event("known, of nulls", **NOTHING)]
        replay_into(lake, [{**row, "arrived_at": later(5)} for row in known], "known")
        replay_into(lake, [event("missed", flight=8, arrived_at=later(400))], "missed")
        replay_into(lake, [event("older")], "older")
        lake.deliver([event("exact", arrived_at=later(2)), corrected_back[2]])
        run()
        lake.deliver([corrected_back[1]])
        run()
    return done


def test_the_events_of_each_run_are_counted(runs: ThreeRuns) -> None:
    counts = [(run.events, run.fresh, run.corrected, run.known) for run in runs.summaries]
    assert counts == [(26, 8, 0, 18), (6, 0, 3, 3), (1, 0, 0, 1)]


@pytest.mark.parametrize("name", ["known", "known, of nulls"])
def test_content_that_the_table_has_is_known_even_if_its_moment_seems_later(
    runs: ThreeRuns, name: str
) -> None:
    assert runs.rows[1][name] == runs.rows[0][name]


def test_of_two_versions_in_one_raw_object_the_later_line_counts(runs: ThreeRuns) -> None:
    assert runs.rows[0]["versions"]["flight"] == 19


def test_a_correction_that_the_table_missed_is_replayed_into_it(runs: ThreeRuns) -> None:
    assert [rows["missed"]["flight"] for rows in runs.rows] == [1545, 8, 8]


def test_an_older_version_that_is_replayed_replaces_nothing(runs: ThreeRuns) -> None:
    assert runs.rows[1]["older"] == runs.rows[0]["older"]
    assert runs.rows[1]["older"]["flight"] == 7


def test_the_exact_moment_of_a_delivered_event_replaces_that_of_its_replay(
    runs: ThreeRuns,
) -> None:
    moments = [rows["exact"]["arrived_at"] for rows in runs.rows]
    assert moments == [later(0.000_001), later(2), later(2)]


def test_a_flight_corrected_back_is_what_it_was_at_last_in_any_order(runs: ThreeRuns) -> None:
    """Why only a replayed version is ignored for its content: of delivered ones moments count."""
    row = runs.rows[2]["corrected back"]
    assert (row["flight"], row["arrived_at"]) == (1, later(20))


# An event's fate depends on those of its id alone, so one lake with many ids tries many histories.
VERSIONS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 2), st.integers(1, 3)),
    min_size=12,
    max_size=36,
)
CUTS = st.lists(st.integers(0, 24), max_size=2).map(sorted)


@pytest.fixture(scope="module")
def make(spark: SparkSession, clients: Clients) -> Callable[[], Lake]:
    return lambda: make_lake(spark, clients)


def pieces(events: list[Event], cuts: list[int]) -> list[list[Event]]:
    """Runs of events, as buffers cut them; none is empty."""
    edges = [0, *cuts, len(events)]
    runs = [events[start:end] for start, end in pairwise(edges)]
    return [run for run in runs if run]


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
