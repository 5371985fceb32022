"""The function that sends an object of the raw log through the transform again."""

import gzip
import json
import re
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_s3 import S3Client

from lambdas.streaming_lake.transform_flight_events.replay.raw_object import NotRawError, RawObject
from lambdas.streaming_lake.transform_flight_events.replay.replay import replay
from lambdas.streaming_lake.transform_flight_events.transform import transform
from tests.lambdas.streaming_lake.samples import line, without

NAME = "StreamingLake-Lake-Xy7-1-2026-11-20-05-59-58-0b1f3c6e-1d0e-4c55-9f0a-3f1b7c1d2e4f"
KEY = f"flights/arrival_hour=2026-11-20-05/{NAME}.gz"
GOOD = f"replayed/arrival_hour=2026-11-20-05/{NAME}.json.gz"
BAD = f"rejected/arrival_hour=2026-11-20-05/{NAME}.jsonl.gz"


class Replay:
    """The handler, called as Lambda calls it, and its two buckets."""

    def __init__(self, module: ModuleType, context: SimpleNamespace, s3: S3Client) -> None:
        self._module, self._context, self._s3 = module, context, s3

    def __call__(self, event: Any) -> dict[str, int]:
        summary: dict[str, int] = self._module.handler(event, self._context)
        return summary

    def of(self, data: bytes, key: str = KEY) -> dict[str, int]:
        """Put an object of the raw log and replay it."""
        self.log(gzip.compress(data), key)
        return self({"key": key})

    def log(self, body: bytes, key: str = KEY) -> None:
        """Put an object of the raw log."""
        self._s3.put_object(Bucket="raw", Key=key, Body=body)

    def lines(self, key: str) -> list[dict[str, Any]]:
        """The lines of an object of the lake."""
        body = self._s3.get_object(Bucket="lake", Key=key)["Body"].read()
        return [json.loads(text) for text in gzip.decompress(body).splitlines()]

    def versions(self) -> dict[str, list[str]]:
        """Key -> the versions of every object of the lake, newest first."""
        versions: dict[str, list[str]] = {}
        for entry in self._s3.list_object_versions(Bucket="lake").get("Versions", []):
            versions.setdefault(entry["Key"], []).append(entry["VersionId"])
        return versions


@pytest.fixture
def run(replay_module: ModuleType, context: SimpleNamespace, s3: S3Client) -> Replay:
    boto3.client("s3").create_bucket(
        Bucket="raw", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return Replay(replay_module, context, s3)


def test_good_lines_are_those_of_the_transform_in_their_order(run: Replay) -> None:
    sent_lines = [line(flight=number) for number in (1, 2, 3)]
    assert run.of(b"\n".join([*sent_lines, b""])) == {
        "accepted": 3,
        "rejected": 0,
        "objects_written": 1,
    }
    lines = run.lines(GOOD)
    moments = [row["arrived_at"] for row in lines]
    assert moments == [f"2026-11-20T05:59:58.00000{number}Z" for number in range(3)]
    expected = transform(b"\n".join(sent_lines), "2026-11-20T05:59:58.000Z").output.splitlines()
    assert [{**row, "arrived_at": None} for row in lines] == [
        {**json.loads(text), "arrived_at": None} for text in expected
    ]


def test_bad_lines_are_kept_with_their_number_in_the_object(run: Replay) -> None:
    summary = run.of(b"\n".join([line(), b"{}", b"\xff", b"", line(), b"not json"]))
    assert summary == {"accepted": 2, "rejected": 4, "objects_written": 2}
    rejected = run.lines(BAD)
    assert [(row["line_number"], row["reason"]) for row in rejected] == [
        (2, "missing_field"), (3, "not_utf8"), (4, "empty_line"), (6, "not_json"),
    ]  # fmt: skip
    assert rejected[0]["arrived_at"] == "2026-11-20T05:59:58.000001Z"
    assert (rejected[1]["line_base64"], rejected[1]["sequence_number"]) == ("/w==", None)
    # The moment of a good line is that of its own place.
    assert [row["arrived_at"][-4:] for row in run.lines(GOOD)] == ["000Z", "004Z"]


def test_records_that_did_not_end_with_a_newline_are_kept_as_one_bad_line(run: Replay) -> None:
    assert run.of(line() + line() + b"\n" + line()) == {
        "accepted": 1,
        "rejected": 1,
        "objects_written": 2,
    }
    (rejection,) = run.lines(BAD)
    assert (rejection["reason"], rejection["line"]) == ("not_json", (line() + line()).decode())


def test_an_object_without_lines_leaves_nothing(run: Replay) -> None:
    assert run.of(b"") == {"accepted": 0, "rejected": 0, "objects_written": 0}
    assert run.versions() == {}


def test_an_object_of_bad_lines_leaves_no_object_of_good_ones(run: Replay) -> None:
    assert run.of(without("flight") + b"\n") == {"accepted": 0, "rejected": 1, "objects_written": 1}
    assert list(run.versions()) == [BAD]


def test_replaying_again_writes_nothing(run: Replay) -> None:
    data = b"\n".join([line(), b"bad", b""])
    run.of(data)
    before = run.versions()
    assert run({"key": KEY}) == {"accepted": 1, "rejected": 1, "objects_written": 0}
    assert run.versions() == before


def test_lines_that_the_transform_now_reads_otherwise_replace_the_former(run: Replay) -> None:
    run.of(line() + b"\n")
    run.log(gzip.compress(line(flight=2)))  # in place of another transform
    assert run({"key": KEY})["objects_written"] == 1
    assert [row["flight"] for row in run.lines(GOOD)] == [2]
    assert len(run.versions()[GOOD]) == 2


def test_the_same_lines_are_the_same_bytes() -> None:
    bodies = {
        replay([line(), b"bad"], RawObject.of(KEY, "flights/")).accepted.body for _ in range(2)
    }
    assert len(bodies) == 1
    assert bodies.pop()[4:8] == bytes(4), "no time of compression"


@pytest.mark.parametrize(
    "body", [gzip.compress(line() * 50)[:60], b"no gzip", gzip.compress(b"x") + b"rest"]
)
def test_an_object_that_is_no_whole_gzip_is_named_and_leaves_nothing(
    run: Replay, body: bytes
) -> None:
    run.log(body)
    with pytest.raises(ValueError, match=re.escape(f"s3://raw/{KEY} is no whole GZIP object")):
        run({"key": KEY})
    assert run.versions() == {}


NO_KEYS = [
    None,
    7,
    "",
    KEY.replace("flights/", "events/"),
    KEY.replace("arrival_hour=", ""),
    KEY.replace("hour=2026-11-20-05", "hour=2026-11-20-25"),
    KEY.replace("05-59-58", "05-61-58"),
    f"flights/arrival_hour=2026-11-20-05/more/{NAME}.gz",
    "flights/arrival_hour=2026-11-20-05/part-0.gz",
    "flights/arrival_hour=2026-11-20-05/",
    f"{KEY}\n",
]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_is_none_of_the_raw_log_is_quoted(run: Replay, key: Any) -> None:
    with pytest.raises(NotRawError, match=re.escape(f"{key!r} is no key of the raw log")):
        run({"key": key})


def test_a_payload_without_a_key_says_what_one_looks_like(run: Replay) -> None:
    with pytest.raises(NotRawError, match="flights/arrival_hour=2026-11-20-05/"):
        run({})


@given(key=st.text())
def test_whatever_the_key_is_it_is_read_or_refused(key: str) -> None:
    for text in (key, f"flights/arrival_hour={key}", f"flights/arrival_hour=2026-11-20-05/{key}"):
        try:
            raw = RawObject.of(text, "flights/")
        except NotRawError:
            continue
        assert raw.key_below("replayed/", "").startswith("replayed/arrival_hour=")


@pytest.mark.parametrize(
    "name",
    [
        "lake-1-2026-11-20-05-59-58-0b1f3c6e",
        "lake-2024-01-01-00-00-00-x-12-2026-11-20-05-59-58-0b1f3c6e-1d0e",
    ],
)
def test_the_last_moment_of_a_name_is_the_objects(name: str) -> None:
    raw = RawObject.of(f"flights/arrival_hour=2026-11-20-05/{name}.gz", "flights/")
    assert raw.arrived_at(1_500_000) == "2026-11-20T05:59:59.500000Z"
    assert raw.key_below("replayed/", ".json.gz").endswith(f"/{name}.json.gz")


def test_what_s3_refuses_is_raised(run: Replay) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        run({"key": KEY})
