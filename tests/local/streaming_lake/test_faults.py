"""Failures while flights stream: nothing is lost, and nothing is curated twice."""

import os
import signal
import threading
import time
from collections import Counter

import pytest

from local.demos import flights
from local.demos.streaming_lake.producer import Producer
from local.runtime.processes import launch
from local.services.athena.queries import Athena
from local.services.firehose.delivery import Firehose
from local.services.glue.job_run import run_job
from repository import ROOT
from tests.local.conftest import DeployedLake, deliver

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

FRAME = flights.flights(300)
LINES = list(flights.lines(FRAME))


def curated_ids(lake: DeployedLake) -> Counter[str]:
    """How often each flight is among the curated ones."""
    run_job(lake.emulator, lake.workspace, lake.outputs["CurateCommand"].split()[-1])
    rows, _ = Athena(lake.emulator, lake.outputs).run("SELECT event_id FROM flights_curated")
    return Counter(rows.event_id)


def test_a_delivery_that_is_restarted_loses_and_repeats_nothing(
    lake: DeployedLake,
) -> None:
    lake.send(LINES[:150], record_bytes=5_000)
    first = lake.firehose("restart")
    while not lake.event_ids():
        first.step()
    lake.send(LINES[150:], record_bytes=5_000)
    # The first ends with records that are read and not remembered as delivered.
    first._take(first._source.poll())
    deliver(lake.firehose("restart"))
    delivered = Counter(lake.event_ids())
    assert set(delivered) == set(FRAME.event_id)
    assert set(curated_ids(lake).items()) >= {(event_id, 1) for event_id in FRAME.event_id}


def test_an_emulator_that_hangs_loses_no_events(
    lake: DeployedLake,
) -> None:
    state = lake.workspace.state()
    assert state is not None
    emulator_pid = min(state.processes)
    producer = Producer(
        lake.emulator.client("kinesis"), lake.outputs["StreamName"], record_bytes=2_000
    )

    def hang() -> None:
        os.kill(emulator_pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(emulator_pid, signal.SIGCONT)

    hanging = threading.Thread(target=hang)
    hanging.start()
    for start in range(0, len(LINES), 30):
        producer.send(LINES[start : start + 30])
    hanging.join()
    deliver(lake.firehose())
    assert set(lake.event_ids()) == set(FRAME.event_id)


def test_a_failed_transform_is_retried_with_the_same_batch(
    lake: DeployedLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    firehose = lake.firehose()
    invoke = firehose._lambda.invoke
    batches: list[str] = []

    def failing_twice(**call: str) -> object:
        batches.append(call["Payload"])
        response = invoke(**call)
        # The function has succeeded; its response is lost.
        return {**response, "FunctionError": "Unhandled"} if len(batches) < 3 else response

    monkeypatch.setattr(firehose._lambda, "invoke", failing_twice)
    lake.send([*LINES[:10], b"not json"])
    deliver(firehose)
    assert len(set(batches)) == 1
    assert len(batches) == 3
    assert len(lake.event_ids()) == 10
    assert [document["reason"] for document in lake.rejected()] == ["not_json"]
    versions = lake.emulator.client("s3").list_object_versions(
        Bucket=lake.outputs["LakeBucketName"], Prefix="rejected/"
    )
    assert len(versions["Versions"]) == 1, "written once, not at each retry"


def test_records_of_a_transform_that_always_fails_are_in_the_error_prefix(
    lake: DeployedLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    firehose = lake.firehose()
    failure: tuple[dict[str, str], str] = ({}, "Lambda.FunctionError: broken")
    monkeypatch.setattr(Firehose, "_invoke_processor", lambda *_: failure)
    lake.send(LINES[:10])
    deliver(firehose)
    assert lake.event_ids() == []
    assert len(lake.bodies("errors/processing-failed/")) == 1


def test_the_delivery_process_continues_where_it_was_killed(lake: DeployedLake) -> None:
    state = lake.workspace.state()
    assert state is not None
    command = [f"{ROOT}/.venv/bin/python", "-m", "local.services.firehose.delivery"]
    command += [str(lake.emulator.port), str(lake.workspace.folder)]
    serve = {"PYTHONPATH": str(ROOT)}
    first = launch(lake.workspace, state, "firehose", command, serve)
    lake.send(LINES[:150], record_bytes=3_000)
    while not lake.event_ids():
        time.sleep(0.05)
    first.kill()
    first.wait()
    lake.send(LINES[150:], record_bytes=3_000)
    second = launch(lake.workspace, state, "firehose", command, serve)
    deadline = time.monotonic() + 60
    while set(lake.event_ids()) != set(FRAME.event_id):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    second.terminate()
    second.wait(timeout=10)
