"""The hours and objects of a replay, and what it says before it begins."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from tools.account.raw_log import Hours, LoggedObject, objects_of
from tools.account.replay import Replay

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
NAME = "lake-1-2026-11-20-05-59-58-0b1f3c6e.gz"


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("", "2026-11-20-05", "FROM is missing. Type hours of arrival, UTC"),
        ("2026-11-20-05", "", "TO is missing."),
        ("2026-11-20", "2026-11-20-05", "FROM=2026-11-20: no hour."),
        ("2026-11-20-5", "2026-11-20-05", "FROM=2026-11-20-5: no hour."),
        ("2026-11-20-05", "2026-11-20-24", "TO=2026-11-20-24: no hour."),
        ("2026-02-30-05", "2026-11-20-05", "FROM=2026-02-30-05: no hour."),
        ("2026-11-20-05\n", "2026-11-20-05", "FROM=2026-11-20-05\n: no hour."),
        ("2026-11-20-06", "2026-11-20-05", "FROM=2026-11-20-06 is after TO=2026-11-20-05"),
        ("2026-11-29-10", "2026-11-29-11", "FROM=2026-11-29-10 has not begun: it is 2026-11-29-09"),
    ],
)
def test_what_are_no_hours_is_said(first: str, last: str, sentence: str) -> None:
    with pytest.raises(LocalError) as error:
        Hours.of(first, last, NOW)
    assert str(error.value).startswith(sentence)


def test_the_current_hour_may_be_the_only_one() -> None:
    assert Hours.of("2026-11-29-09", "2026-11-29-09", NOW).last == "2026-11-29-09"


class Pages:
    """A listing as S3 answers it, and what was asked."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self._entries = entries

    def get_paginator(self, _: str) -> "Pages":
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        assert request["OptionalObjectAttributes"] == ["RestoreStatus"]
        return [{"Contents": [entry]} for entry in self._entries]


def entry(hour: str, storage_class: str = "STANDARD", **restored: Any) -> dict[str, Any]:
    key = f"flights/arrival_hour={hour}/{NAME}"
    return {"Key": key, "Size": 7, "StorageClass": storage_class, **restored}


HOURS = Hours("2026-01-01-00", "2026-01-31-23")


@pytest.mark.parametrize("storage_class", ["STANDARD", "STANDARD_IA", "GLACIER_IR"])
def test_what_s3_reads_at_once_is_replayed(storage_class: str) -> None:
    (logged,) = objects_of(Pages(entry("2026-01-02-03", storage_class)), "raw", HOURS)
    assert (logged.hour, logged.storage_class, logged.archived) == (
        "2026-01-02-03",
        storage_class,
        False,
    )


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_can_be_read_once_its_copy_is_restored(storage_class: str) -> None:
    restoring = {"RestoreStatus": {"IsRestoreInProgress": True}}
    restored = {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": NOW}}
    for status in ({}, restoring):
        with pytest.raises(LocalError, match=f"1 of 1 objects are in {storage_class}"):
            objects_of(Pages(entry("2026-01-02-03", storage_class, **status)), "raw", HOURS)
    assert objects_of(Pages(entry("2026-01-02-03", storage_class, **restored)), "raw", HOURS)


@pytest.fixture
def s3() -> Any:
    """A raw log with an object every ten hours from 2026-01-01-00 on, and a neighbour."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="raw")
        for day in range(1, 29):
            for hour in (0, 10, 20):
                key = entry(f"2026-01-{day:02d}-{hour:02d}")["Key"]
                client.put_object(Bucket="raw", Key=key, Body=b"x" * 7)
        client.put_object(Bucket="raw", Key="errors/one", Body=b"")
        yield client


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-01-02-10", "2026-01-02-10", ["2026-01-02-10"]),
        ("2026-01-02-01", "2026-01-02-20", ["2026-01-02-10", "2026-01-02-20"]),
        ("2025-01-01-00", "2026-01-01-09", ["2026-01-01-00"]),
        ("2026-01-28-20", "2027-01-01-00", ["2026-01-28-20"]),
    ],
)
def test_both_hours_are_included_and_no_other(
    s3: Any, first: str, last: str, expected: list[str]
) -> None:
    logged = objects_of(s3, "raw", Hours(first, last))
    assert [one.hour for one in logged] == expected
    assert logged[0] == LoggedObject(
        f"flights/arrival_hour={expected[0]}/{NAME}", 7, "STANDARD", archived=False
    )


def test_hours_without_an_object_say_since_when_there_is_a_log(s3: Any) -> None:
    with pytest.raises(LocalError, match="The log begins at 2026-01-01-00"):
        objects_of(s3, "raw", Hours("2026-01-02-01", "2026-01-02-09"))
    s3.create_bucket(Bucket="empty")
    with pytest.raises(LocalError, match="The log is empty"):
        objects_of(s3, "empty", Hours("2026-01-02-01", "2026-01-02-09"))


class Function(BaseHTTPRequestHandler):
    """Lambda's Invoke: the first requests are throttled, then each object has two good lines."""

    protocol_version = "HTTP/1.1"
    throttled = 3
    invoked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if type(self).throttled:
            type(self).throttled -= 1
            self._send(429, {"Type": "User", "message": "Rate Exceeded."})
            return
        type(self).invoked.append(payload["key"])
        self._send(200, {"accepted": 2, "rejected": 1, "objects_written": 2})

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("x-amzn-errortype", "TooManyRequestsException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Function]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    yield Function
    server.shutdown()
    server.server_close()


def test_throttled_invocations_are_repeated_and_every_object_is_replayed_once(
    s3: Any, function: type[Function]
) -> None:
    session = boto3.Session(region_name="us-east-1")
    s3.create_bucket(Bucket="lake")
    session.client("glue").create_job(
        Name="curate", Role="role", Command={"Name": "glueetl", "ScriptLocation": "s3://lake/a.py"}
    )
    lake = {"RawBucketName": "raw", "LakeBucketName": "lake", "CurateJobName": "curate"}
    planned = Replay(
        session, {**lake, "ReplayFunctionName": "replay"}, Hours("2026-01-03-00", "2026-01-04-23")
    )
    assert planned.announcement().startswith("6 objects of 2026-01-03-00 to 2026-01-04-23 (UTC)")
    lines = planned.run(Steps(Console(quiet=True)))
    assert lines[0].startswith("12 lines accepted, 6 rejected; 12 objects written")
    assert sorted(function.invoked) == [logged.key for logged in planned.objects]
    assert function.throttled == 0
