"""Records as the Kinesis Producer Library aggregates them."""

import hashlib
from collections.abc import Iterable

from local.services.firehose.kpl import MAGIC


def aggregate(payloads: Iterable[bytes], partition_key: str = "key") -> bytes:
    """One record of many, under one partition key, each shorter than 16,384 bytes."""
    message = _field(1, partition_key.encode())
    message += b"".join(_field(3, b"\x08\x00" + _field(3, payload)) for payload in payloads)
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _field(number: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([number << 3 | 2]) + length + content
