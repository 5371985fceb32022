"""`make replay` brings curated flights back from the raw log, under the steward's rights."""

import json
import re
import time
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from local.demos import flights
from local.services import servers
from local.services.athena.queries import Athena
from local.services.glue.job_run import run_job
from tests.local.conftest import DeployedLake, deliver, empty, statement_ids, without
from tests.local.streaming_lake.test_people import client_of, session_of
from tools.account.__main__ import app

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

LINES = list(flights.lines(flights.flights(60)))


def changed(line: bytes, **changes: Any) -> bytes:
    """The same flight, reported otherwise."""
    return json.dumps({**json.loads(line), **changes}).encode()


@pytest.fixture(scope="module")
def tasks(deployed: DeployedLake) -> None:
    """What runs the jobs that StartJobRun starts."""
    servers.serve_tasks(deployed.workspace, deployed.emulator)


@pytest.fixture
def steward(deployed: DeployedLake) -> dict[str, str]:
    """The environment of somebody who has the steward's policy alone."""
    return deployed.emulator.variables_of(session_of(deployed, "Steward"))


def replay(variables: dict[str, str], *options: str) -> Result:
    """Run the command with the credentials of the local AWS."""
    return CliRunner().invoke(app, ["replay", *options], env=variables)


def hours(lake: DeployedLake) -> list[str]:
    """The options for all hours that the raw log has."""
    keys = lake.bodies("flights/", "RawBucketName")
    logged = sorted({key.split("/")[1].removeprefix("arrival_hour=") for key in keys})
    return ["--from", logged[0], "--to", logged[-1]]


def curated(lake: DeployedLake) -> pd.DataFrame:
    """Every column of every curated flight, as text, by event."""
    rows, _ = Athena(lake.emulator, lake.outputs).run(
        "SELECT * FROM flights_curated ORDER BY event_id", as_text=True
    )
    return rows


@pytest.fixture
def lost(lake: DeployedLake) -> pd.DataFrame:
    """The rows of a lake that has lost its table and `events/`, and has its raw log."""
    firehose, job = lake.firehose(), lake.outputs["CurateJobName"]
    correction = changed(LINES[2], tail_number="N00002")
    lake.send([*LINES, LINES[0], b"{}"])
    # Moments are those of records, to the millisecond: this version comes in the same object.
    time.sleep(0.01)
    lake.send([changed(LINES[1], tail_number="N00001"), b"not json"])
    deliver(firehose)
    # Firehose names objects by the second.
    time.sleep(1.1)
    lake.send([correction])
    deliver(firehose)
    run_job(lake.emulator, lake.workspace, job)
    rows = curated(lake)
    assert len(rows) == len(LINES)
    assert set(rows.tail_number) >= {"N00001", "N00002"}
    for prefix in ("events/", "curated/"):
        empty(lake.emulator.client("s3"), lake.outputs["LakeBucketName"], prefix)
    lake.make_table_anew()
    return rows


# The log has the moments of objects alone; the first run on an empty table finds nothing late.
INEXACT = ["arrived_at", "late"]


def test_lost_rows_come_back_to_the_last_and_a_second_replay_changes_nothing(
    lake: DeployedLake, lost: pd.DataFrame, tasks: None, steward: dict[str, str]
) -> None:
    first, second = lake.bodies("flights/", "RawBucketName")
    assert invoke(lake, first)["objects_written"] == 2, "as a command that was interrupted"
    process = replay(steward, *hours(lake))
    assert process.exit_code == 0, process.output
    lines = len(LINES) + 3
    assert f"{lines} lines accepted, 2 rejected; 1 objects written" in process.output
    assert f"{lines} events: {len(LINES)} fresh, 0 corrected, 3 known" in process.output
    rows = curated(lake)
    pd.testing.assert_frame_equal(rows.drop(columns=INEXACT), lost.drop(columns=INEXACT))
    names = [key.rpartition("/")[2].removesuffix(".gz") for key in (first, second)]
    assert [*lake.bodies("rejected/replayed/")] == [
        f"rejected/replayed/{first.split('/')[1]}/{names[0]}.jsonl.gz"
    ]

    before = lake.bodies("")
    again = replay(steward, *hours(lake))
    assert again.exit_code == 0, again.output
    assert "0 objects written" in again.output
    assert "Curated: nothing new" in again.output
    assert lake.bodies("") == before
    pd.testing.assert_frame_equal(curated(lake), rows)


def test_objects_that_cannot_be_replayed_are_named_and_all_others_are_replayed(
    lake: DeployedLake, steward: dict[str, str]
) -> None:
    lake.send(LINES[:3])
    deliver(lake.firehose())
    (key,) = lake.bodies("flights/", "RawBucketName")
    broken = re.sub(r"[0-9a-f]{12}\.gz$", "broken.gz", key)
    lake.emulator.client("s3").put_object(
        Bucket=lake.outputs["RawBucketName"], Key=broken, Body=b"no gzip"
    )
    process = replay(steward, *hours(lake))
    assert process.exit_code == 1
    assert "1 of 2 objects could not be replayed" in process.output
    assert f"{broken} is no whole GZIP object" in process.output
    assert lake.outputs["CurateCommand"] in process.output
    assert len(lake.bodies("replayed/")) == 1
    assert lake.bodies("curated/data") == {}


def test_archived_objects_stop_it_before_anything_is_replayed(
    lake: DeployedLake, steward: dict[str, str]
) -> None:
    s3, raw = lake.emulator.client("s3"), lake.outputs["RawBucketName"]
    for number, storage_class in enumerate(["GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]):
        key = f"flights/arrival_hour=2026-03-0{number + 1}-05/lake-1-2026-03-01-05-00-00-x.gz"
        s3.put_object(Bucket=raw, Key=key, Body=b"", StorageClass=storage_class)
    process = replay(steward, "--from", "2026-03-01-00", "--to", "2026-03-31-23")
    assert process.exit_code == 1
    assert "2 of 3 objects are in DEEP_ARCHIVE and GLACIER" in process.output
    assert "aws s3api restore-object --bucket" in process.output
    assert "for hour in 2026-03-02-05 2026-03-03-05; do" in process.output
    assert lake.bodies("replayed/") == {}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "FROM is missing. Type hours of arrival"),
        (["--from", "2026-01-01-00", "--to", "2026-01-01-00"], "Nothing arrived from 2026-01-01"),
        (
            ["--from", "2026-01-01-00", "--to", "2026-01-01-00", "-c", "name_prefix=Other-"],
            "Other-StreamingLake is not deployed here",
        ),
    ],
)
def test_what_cannot_be_replayed_is_one_message(
    deployed: DeployedLake, options: list[str], sentence: str
) -> None:
    process = replay(deployed.emulator.variables, *options)
    assert process.exit_code == 1
    assert process.output.startswith(f"Error: {sentence}")


def invoke(lake: DeployedLake, key: str) -> dict[str, Any]:
    """The function's answer as the output ReplayCommand gets it."""
    lambda_ = client_of(lake, "Steward")("lambda")
    name = re.findall(r"--function-name (\S+)", lake.outputs["ReplayCommand"])[0]
    response = lambda_.invoke(FunctionName=name, Payload=json.dumps({"key": key}))
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    return answer


def test_the_same_bytes_written_again_are_another_object_to_the_job(lake: DeployedLake) -> None:
    """Why a replay leaves an object of the same lines alone: the job reads ETags, and the key's
    are no digests."""
    s3, bucket = lake.emulator.client("s3"), lake.outputs["LakeBucketName"]
    etags = [
        s3.put_object(Bucket=bucket, Key="replayed/one", Body=b"same")["ETag"] for _ in range(2)
    ]
    assert etags[0] != etags[1]
    (listed,) = s3.list_objects_v2(Bucket=bucket, Prefix="replayed/")["Contents"]
    assert listed["ETag"] == etags[1]
    assert s3.head_object(Bucket=bucket, Key="replayed/one")["ETag"] == etags[1]


# Its logs are written under no role here.
NEEDED = ["ReadTheRawLog", "KeepItsLines", "UseTheKey"]


def test_every_statement_of_the_replays_role_is_tested(deployed: DeployedLake) -> None:
    assert statement_ids(deployed.emulator, "ReplayRole") == sorted([*NEEDED, "WriteItsLogs"])


@pytest.fixture
def logged(lake: DeployedLake) -> str:
    """The key of a raw object with a good and a bad line."""
    lake.send([LINES[0], b"not json"])
    deliver(lake.firehose())
    (key,) = lake.bodies("flights/", "RawBucketName")
    return key


@pytest.mark.parametrize("sid", NEEDED)
def test_nothing_is_replayed_without(lake: DeployedLake, logged: str, sid: str) -> None:
    with without(lake.emulator, "ReplayRole", sid):
        assert "AccessDenied" in invoke(lake, logged)["errorMessage"]
    assert lake.bodies("replayed/") == {}
    assert invoke(lake, logged) == {"accepted": 1, "rejected": 1, "objects_written": 2}
    assert invoke(lake, logged)["objects_written"] == 0


def test_a_producer_and_an_analyst_replay_nothing(lake: DeployedLake, logged: str) -> None:
    name = lake.outputs["ReplayFunctionName"]
    for person in ("Producer", "Analyst"):
        lambda_ = client_of(lake, person)("lambda")
        with pytest.raises(ClientError, match="AccessDenied"):
            lambda_.invoke(FunctionName=name, Payload=json.dumps({"key": logged}))
