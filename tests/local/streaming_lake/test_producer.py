"""The producer packs lines, and retries exactly the entries that were refused."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from local.demos.streaming_lake.producer import (
    RECORD_LIMIT_BYTES,
    LineRefusedError,
    NotAcceptedError,
    Producer,
    check,
    pack,
    unpack,
)

LINES = st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line))


@given(lines=LINES, record_bytes=st.integers(1, 200))
def test_packing_and_unpacking_are_inverse(lines: list[bytes], record_bytes: int) -> None:
    records = list(pack(lines, record_bytes))
    assert [line for record in records for line in unpack(record)] == lines
    assert all(len(record) <= record_bytes or record.count(b"\n") == 1 for record in records)


def test_a_line_that_no_record_can_carry_is_refused_with_advice() -> None:
    longest = b"x" * (RECORD_LIMIT_BYTES - 1)
    assert check(longest) == longest
    with pytest.raises(LineRefusedError, match=r"1,048,576 bytes.*shorten it"):
        check(longest + b"x")
    with pytest.raises(LineRefusedError, match="line break, at byte 1"):
        check(b"a\nb")


class Stream:
    """A Kinesis client that refuses entries: for each call, at the positions of the plan."""

    def __init__(self, plan: list[set[int] | Exception]) -> None:
        self.plan = plan
        self.calls: list[list[bytes]] = []
        self.accepted: list[bytes] = []

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> Any:  # noqa: N803, ARG002 -- boto3's own names
        data = [entry["Data"] for entry in Records]
        self.calls.append(data)
        refused = self.plan.pop(0) if self.plan else set()
        if isinstance(refused, Exception):
            raise refused
        throttled = {"ErrorCode": "ProvisionedThroughputExceededException"}
        answers = [throttled if n in refused else {"ShardId": "0"} for n in range(len(data))]
        self.accepted += [d for d, answer in zip(data, answers, strict=True) if "ShardId" in answer]
        return {"Records": answers}


def producer(stream: Stream, attempts: int = 8) -> Producer:
    return Producer(stream, "s", record_bytes=1, attempts=attempts, longest_wait_seconds=0)


def test_only_refused_entries_are_sent_again() -> None:
    stream = Stream([{0, 2}, {1}])
    result = producer(stream).send([b"a", b"b", b"c", b"d"])
    assert stream.calls == [[b"a\n", b"b\n", b"c\n", b"d\n"], [b"a\n", b"c\n"], [b"c\n"]]
    assert sorted(stream.accepted) == [b"a\n", b"b\n", b"c\n", b"d\n"]
    assert (result.lines, result.records, result.retried_entries) == (4, 4, 3)


def test_entries_that_are_never_accepted_are_returned_with_the_reason() -> None:
    stream = Stream([{0}] * 3)
    with pytest.raises(NotAcceptedError, match="ProvisionedThroughput") as failure:
        producer(stream, attempts=3).send([b"a", b"b"])
    assert failure.value.data == [b"a\n"]
    assert stream.accepted == [b"b\n"]


def test_a_broken_connection_is_retried() -> None:
    stream = Stream([EndpointConnectionError(endpoint_url="x"), set()])
    assert producer(stream).send([b"a"]).retried_entries == 1
    assert stream.accepted == [b"a\n"]


def test_a_refused_line_does_not_stop_the_others() -> None:
    stream = Stream([])
    result = producer(stream).send([b"a", b"x" * RECORD_LIMIT_BYTES, b"b"])
    assert stream.accepted == [b"a\n", b"b\n"]
    assert (result.lines, len(result.refused)) == (2, 1)


def test_requests_keep_the_limits_of_put_records() -> None:
    stream = Stream([])
    producer(stream).send([b"%d" % n for n in range(1_200)])
    assert [len(call) for call in stream.calls] == [500, 500, 200]
    stream = Stream([])
    producer(stream).send([b"x" * 900_000] * 7)
    assert [len(call) for call in stream.calls] == [5, 2]
