"""Return records to the stream they came from, without knowing how a stream is written to."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .envelope import FirehoseRecord

# Kinesis takes 500 records and 5 MiB a call, partition keys included.
MOST_RECORDS = 500
MOST_BYTES = 4 * 1024 * 1024
# A shard takes 1 MiB a second, so a full call to one shard needs several seconds of patience.
WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)


NO_STREAM = (
    "the answer would exceed Lambda's limit, and records that were put to Firehose directly "
    "have no stream to go back to: lower the processor's buffer size"
)


class Entry(NamedTuple):
    """One record, as it first went to the stream."""

    data: bytes
    partition_key: str


class PutBackError(Exception):
    """Some records could not be returned; Firehose must retry the whole batch."""


def put_back(
    records: list[FirehoseRecord],
    put: Callable[[list[Entry]], list[bool]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return every record with its original bytes and partition key, or raise PutBackError.

    `put` tells of each entry whether it was taken; only those that were not are sent again. If it
    raises in the end, others may have been taken already and will come twice: the curated layer
    keeps one event an id.
    """
    for call in _calls([_entry(record) for record in records]):
        pending = call
        for wait in (*WAITS, None):
            accepted = put(pending)
            pending = [entry for entry, ok in zip(pending, accepted, strict=True) if not ok]
            if not pending or wait is None:
                break
            sleep(wait)
        if pending:
            raise PutBackError(f"{len(pending)} records could not be put back on the stream")


def _entry(record: FirehoseRecord) -> Entry:
    if "kinesisRecordMetadata" not in record:
        raise PutBackError(NO_STREAM)
    return Entry(base64.b64decode(record["data"]), record["kinesisRecordMetadata"]["partitionKey"])


def _calls(entries: list[Entry]) -> Iterator[list[Entry]]:
    call: list[Entry] = []
    size = 0
    for entry in entries:
        added = len(entry.data) + len(entry.partition_key.encode())
        if call and (len(call) == MOST_RECORDS or size + added > MOST_BYTES):
            yield call
            call, size = [], 0
        call.append(entry)
        size += added
    if call:
        yield call
