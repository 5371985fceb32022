"""Aggregates are taken apart as their producers mean them; everything else is left alone."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.services.firehose.kinesis_source import Source
from local.services.firehose.kpl import MAGIC, UserRecord, user_records
from tests.local.services.firehose.aggregates import aggregate

# Four records under three keys, one of them with an explicit hash key, by aws-kinesis-agg 1.2.3.
OF_THE_LIBRARY = (
    b"\xf3\x89\x9a\xc2\x0a\x01a\x0a\x01b\x0a\x01c\x12'340282366920938463463374607431768211455"
    b"\x1a\x08\x08\x00\x1a\x04one\x0a\x1a\x04\x08\x01\x1a\x00\x1a\x09\x08\x00\x1a\x05zw\xc3\xa9i\x1a\x89\x01\x08\x02\x10\x00"
    b"\x1a\x82\x01" + bytes(range(130)) + b"yX\xcee^Y\xf3r\x19\xa7\xdc;g\xff\xb9\x07"
)


def test_an_aggregate_of_the_library_is_taken_apart() -> None:
    assert user_records(OF_THE_LIBRARY) == [
        UserRecord("a", b"one\n"),
        UserRecord("b", b""),
        UserRecord("a", "zwéi".encode()),
        UserRecord("c", bytes(range(130))),
    ]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_every_record_comes_back(payloads: list[bytes]) -> None:
    parts = user_records(aggregate(payloads))
    assert parts == [UserRecord("key", payload) for payload in payloads]


@given(st.binary())
def test_a_record_that_only_begins_like_an_aggregate_is_left_as_it_is(data: bytes) -> None:
    assert user_records(data) is None
    assert user_records(MAGIC + data) is None


@pytest.mark.parametrize("end", [-1, len(MAGIC), 0])
def test_a_damaged_aggregate_is_left_as_it_is(end: int) -> None:
    assert user_records(OF_THE_LIBRARY[:end]) is None
    assert user_records(OF_THE_LIBRARY[:-1] + b"\0") is None


def test_a_message_that_is_no_aggregate_is_left_as_it_is() -> None:
    assert user_records(_signed(b"")) == []
    for message in (b"\x0a\xff", b"\x1a\x02\x08\x05", b"\x09", b"\x1a\x00", b"\x80"):
        assert user_records(_signed(message)) is None


def _signed(message: bytes) -> bytes:
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


class _Kinesis:
    """A stream of one shard that holds an aggregate and a plain record."""

    def list_shards(self, **_: Any) -> dict[str, Any]:
        return {"Shards": [{"ShardId": "shard"}]}

    def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
        return {"ShardIterator": "start"}

    def get_records(self, **_: Any) -> dict[str, Any]:
        arrival = datetime(2026, 11, 29, tzinfo=UTC)
        records = [
            {"SequenceNumber": number, "PartitionKey": "p", "Data": data}
            for number, data in [("1", OF_THE_LIBRARY), ("2", b"plain")]
        ]
        return {
            "NextShardIterator": "next",
            "Records": [{**item, "ApproximateArrivalTimestamp": arrival} for item in records],
        }


def test_a_processor_gets_each_part_with_its_place_and_key(tmp_path: Path) -> None:
    events = [record.event() for record in Source(_Kinesis(), "arn", tmp_path / "state").poll()]
    metadata = [event["kinesisRecordMetadata"] for event in events]
    places = [(part["sequenceNumber"], part["subsequenceNumber"]) for part in metadata]
    assert places == [("1", 0), ("1", 1), ("1", 2), ("1", 3), ("2", 0)]
    assert [part["partitionKey"] for part in metadata] == ["a", "b", "a", "c", "p"]
    assert len({event["recordId"] for event in events}) == 5
