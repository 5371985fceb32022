"""The lake as deployed, end to end, IAM enforced: what goes in comes out, in the right place."""

import gzip
import json
from collections import Counter

import pytest

from local.demos import flights
from local.services.glue.job_run import run_job
from tests.local.conftest import DeployedLake, deliver

pytestmark = pytest.mark.sandbox

FRAME = flights.flights(300)
LINES = list(flights.lines(FRAME))


def test_every_line_is_a_row_or_a_rejection(lake: DeployedLake) -> None:
    bad = flights.bad_lines(LINES[0])
    lake.send([*LINES[:150], *(each.line for each in bad), *LINES[150:]], record_bytes=9_000)
    deliver(lake.firehose())
    assert Counter(lake.event_ids()) == Counter(FRAME.event_id)
    assert Counter(each["reason"] for each in lake.rejected()) == Counter(b.reason for b in bad)


def test_the_raw_log_holds_every_record_as_received(lake: DeployedLake) -> None:
    sent = [*LINES[:20], b"\xff not text", b"{}"]
    lake.send(sent, record_bytes=2_000)
    deliver(lake.firehose())
    log = b"".join(map(gzip.decompress, lake.bodies("flights/", "RawBucketName").values()))
    assert Counter(log.splitlines()) == Counter(sent)


def test_objects_are_filed_by_their_hour_of_arrival(lake: DeployedLake) -> None:
    lake.send([LINES[0], b"{}"])
    deliver(lake.firehose())
    keys = [*lake.bodies("events/"), *lake.bodies("rejected/")]
    assert all(key.split("/")[1].startswith("arrival_hour=20") for key in keys)
    assert len(keys) == 2


def test_two_runs_of_the_job_make_each_flight_one_row(lake: DeployedLake) -> None:
    job = lake.outputs["CurateCommand"].split()[-1]
    late = FRAME.index % 10 == 9
    first = [line for line, is_late in zip(LINES, late, strict=True) if not is_late]
    second = [line for line, is_late in zip(LINES, late, strict=True) if is_late]
    firehose = lake.firehose()
    lake.send([*first, *first[:30]])
    deliver(firehose)
    assert run_job(lake.emulator, lake.workspace, job)["fresh"] == len(first)
    lake.send([*second, *first[:5]])
    deliver(firehose)
    summary = run_job(lake.emulator, lake.workspace, job)
    assert (summary["fresh"], summary["late"]) == (len(second), len(second))
    assert run_job(lake.emulator, lake.workspace, job)["fresh"] == 0


def test_a_batch_that_fails_to_convert_is_kept_in_the_error_prefix(lake: DeployedLake) -> None:
    """The transform lets nothing through that the table cannot hold, so its answer is forged."""
    firehose = lake.firehose()
    good = json.dumps({"event_id": "a", "flight": 1}).encode() + b"\n"
    firehose._good.add(good, 0)
    firehose._good.add(b'{"event_id": "b", "flight": "one"}\n', 0)
    deliver(firehose)
    assert lake.event_ids() == ["a"]
    (error,) = lake.bodies("errors/format-conversion-failed/").values()
    assert json.loads(error)["rawData"]
