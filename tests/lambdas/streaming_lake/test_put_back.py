"""Records return to their stream unchanged, and only refused ones are sent again."""

import pytest

from lambdas.streaming_lake.transform_flight_events.envelope import FirehoseRecord
from lambdas.streaming_lake.transform_flight_events.put_back import (
    MOST_BYTES,
    MOST_RECORDS,
    NO_STREAM,
    WAITS,
    Entry,
    PutBackError,
    put_back,
)
from tests.lambdas.streaming_lake.samples import record


class Stream:
    """A stream that refuses each partition key the given number of times."""

    def __init__(self, **refusals: int) -> None:
        self.refusals = {key.replace("_", "-"): times for key, times in refusals.items()}
        self.calls: list[list[Entry]] = []
        self.waits: list[float] = []

    def put(self, entries: list[Entry]) -> list[bool]:
        self.calls.append(entries)
        return [self.takes(entry.partition_key) for entry in entries]

    def takes(self, key: str) -> bool:
        self.refusals[key] = self.refusals.get(key, 0) - 1
        return self.refusals[key] < 0

    def keys(self) -> list[list[str]]:
        return [[entry.partition_key for entry in call] for call in self.calls]


def records(*payloads: bytes) -> list[FirehoseRecord]:
    return [record(data, number) for number, data in enumerate(payloads, start=1)]


def test_records_are_put_back_with_their_data_and_partition_key() -> None:
    stream = Stream()
    put_back(records(b"one\n", b"\xff"), stream.put, stream.waits.append)
    assert stream.calls == [[Entry(b"one\n", "key-1"), Entry(b"\xff", "key-2")]]
    assert stream.waits == []


def test_only_refused_records_are_sent_again_after_a_wait() -> None:
    stream = Stream(key_2=2, key_3=1)
    put_back(records(b"1", b"2", b"3", b"4"), stream.put, stream.waits.append)
    assert stream.keys() == [["key-1", "key-2", "key-3", "key-4"], ["key-2", "key-3"], ["key-2"]]
    assert stream.waits == list(WAITS[:2])


def test_records_that_stay_refused_are_an_error() -> None:
    stream = Stream(key_2=1000)
    with pytest.raises(PutBackError, match="1 records"):
        put_back(records(b"1", b"2", b"3"), stream.put, stream.waits.append)
    assert stream.waits == list(WAITS)
    assert len(stream.calls) == len(WAITS) + 1


def test_a_call_has_no_more_records_than_kinesis_accepts() -> None:
    stream = Stream()
    put_back(records(*[b"x"] * 1001), stream.put)
    assert [len(call) for call in stream.calls] == [MOST_RECORDS, MOST_RECORDS, 1]


def test_a_call_has_no_more_bytes_than_kinesis_accepts() -> None:
    stream = Stream()
    put_back(records(*[b"x" * 1_000_000] * 6, b"x" * (MOST_BYTES + 1)), stream.put)
    assert [len(call) for call in stream.calls] == [4, 2, 1]


def test_a_record_without_a_stream_cannot_be_put_back() -> None:
    record_without_metadata = record(b"1")
    del record_without_metadata["kinesisRecordMetadata"]
    with pytest.raises(PutBackError, match=NO_STREAM[:30]):
        put_back([record_without_metadata], Stream().put)
