"""Takes apart what the Kinesis Producer Library aggregated: many user records in one record.

Firehose does so with a Kinesis source, before it asks a processor or delivers
(https://docs.aws.amazon.com/streams/latest/dev/kpl-with-firehose.html, read 2026-11-29). The format
is a magic number, a protobuf message and its MD5
(https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md). Three of its
fields matter; aws-kinesis-agg, which reads it, was last released in 2022, does not declare all it
imports, and changes sys.path.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

MAGIC = bytes.fromhex("f3899ac2")
_DIGEST_BYTES = 16
# Fields of AggregatedRecord, and of the Record in it.
_PARTITION_KEYS, _RECORDS = 1, 3
_KEY_INDEX, _DATA = 1, 3
# Wire types of protobuf.
_VARINT, _BYTES = 0, 2


class UserRecord(NamedTuple):
    """What a producer handed to the library."""

    partition_key: str
    data: bytes


class _Field(NamedTuple):
    number: int
    value: int
    """Of a number; of bytes, their length."""
    content: bytes


def user_records(data: bytes) -> list[UserRecord] | None:
    """The user records of an aggregated record, in their order; None if it is not one.

    As the Kinesis Client Library does, what looks like an aggregate and is none is left as it is.
    """
    message, digest = data[len(MAGIC) : -_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if not data.startswith(MAGIC) or _md5(message) != digest:
        return None
    try:
        fields = list(_fields(message))
        keys = [field.content.decode() for field in fields if field.number == _PARTITION_KEYS]
        messages = [field.content for field in fields if field.number == _RECORDS]
        records = [{field.number: field for field in _fields(message)} for message in messages]
        return [
            UserRecord(keys[record[_KEY_INDEX].value], record[_DATA].content) for record in records
        ]
    except (IndexError, KeyError, ValueError):
        return None


def _md5(message: bytes) -> bytes:
    return hashlib.md5(message, usedforsecurity=False).digest()


def _fields(message: bytes) -> Iterator[_Field]:
    """Each field. Raises ValueError and IndexError if it is no message."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        value, position = _varint(message, position)
        if tag & 7 == _VARINT:
            yield _Field(tag >> 3, value, b"")
        elif tag & 7 == _BYTES and position + value <= len(message):
            yield _Field(tag >> 3, value, message[position : position + value])
            position += value
        else:
            raise ValueError(f"no field of an aggregate at byte {position}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the position after it."""
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
