"""Puts events on a Kinesis stream: packed, and each entry sent until it is taken.

Kinesis bills PUTs in 25 KiB units and Firehose in 5 KiB steps a record, so a record should carry
many events: here they are lines, up to a set size.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectionError, HTTPClientError
from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt
from tenacity import wait_random_exponential as backoff_with_jitter

RECORD_LIMIT_BYTES = 1024 * 1024  # the stream's default; the transform takes no more anyway
REQUEST_LIMIT_BYTES = 5 * 1024 * 1024
REQUEST_LIMIT_RECORDS = 500


class LineRefusedError(ValueError):
    """A line that no record can carry."""


class NotTakenError(RuntimeError):
    """The stream kept refusing entries. `data` holds what was not taken, to send again."""

    def __init__(self, reason: str, data: list[bytes]) -> None:
        super().__init__(f"{len(data)} records were not taken by the stream: {reason}")
        self.data = data


@dataclass
class Sent:
    """What became of the lines handed to `Producer.send`."""

    lines: int = 0
    records: int = 0
    payload_bytes: int = 0
    retried_entries: int = 0
    refused: list[str] = field(default_factory=list)


def check(line: bytes) -> bytes:
    """The line, if a record can carry it. Raises LineRefusedError."""
    if b"\n" in line:
        at = line.index(b"\n")
        raise LineRefusedError(f"a line holds a line break, at byte {at}: split it")
    if len(line) + 1 > RECORD_LIMIT_BYTES:
        raise LineRefusedError(
            f"a line of {len(line):,} bytes does not fit a Kinesis record of "
            f"{RECORD_LIMIT_BYTES:,} bytes (it begins {line[:40]!r}): shorten it, or keep the "
            "large part in S3 and send its address"
        )
    return line


def pack(lines: Iterable[bytes], record_bytes: int) -> Iterator[bytes]:
    """Join lines, each ended by a line break, into records of at most `record_bytes` bytes.

    A single line may exceed `record_bytes` up to the stream's own limit, and then travels alone.
    Raises LineRefusedError.
    """
    packed: list[bytes] = []
    size = 0
    for line in lines:
        length = len(check(line)) + 1
        if packed and size + length > record_bytes:
            yield b"\n".join([*packed, b""])
            packed, size = [], 0
        packed.append(line)
        size += length
    if packed:
        yield b"\n".join([*packed, b""])


def unpack(record: bytes) -> list[bytes]:
    """The lines of a packed record: the inverse of `pack`."""
    return record.removesuffix(b"\n").split(b"\n")


class Producer:
    """Sends lines to one stream, through a boto3 Kinesis client."""

    def __init__(
        self,
        kinesis: Any,
        stream_name: str,
        *,
        record_bytes: int = 100 * 1024,
        attempts: int = 8,
        longest_wait_seconds: float = 10,
    ) -> None:
        self._kinesis = kinesis
        self._stream_name = stream_name
        self._record_bytes = record_bytes
        self._retrying = Retrying(
            stop=stop_after_attempt(attempts),
            wait=backoff_with_jitter(multiplier=0.1, max=longest_wait_seconds),
            retry=retry_if_result(bool),
        )

    def send(self, lines: Iterable[bytes]) -> Sent:
        """Send every line that a record can carry; the others are named in the result.

        Raises NotTakenError once entries were refused too often, with what is left to send.
        """
        sent = Sent()
        for request in _requests(pack(self._fitting(lines, sent), self._record_bytes)):
            self._put(request, sent)
            sent.records += len(request)
            sent.payload_bytes += sum(map(len, request))
        return sent

    def _fitting(self, lines: Iterable[bytes], sent: Sent) -> Iterator[bytes]:
        for line in lines:
            try:
                yield check(line)
            except LineRefusedError as refusal:
                sent.refused.append(str(refusal))
            else:
                sent.lines += 1

    def _put(self, request: list[bytes], sent: Sent) -> None:
        entries: list[dict[str, Any]] = [
            {"Data": data, "PartitionKey": uuid.uuid4().hex} for data in request
        ]
        errors: set[str] = set()

        def attempt() -> list[dict[str, Any]]:
            nonlocal entries
            try:
                answer = self._kinesis.put_records(StreamName=self._stream_name, Records=entries)
            except (ConnectionError, HTTPClientError) as error:
                errors.add(str(error))  # nothing was taken, as far as anybody can know
                sent.retried_entries += len(entries)
                return entries
            results = list(zip(entries, answer["Records"], strict=True))
            # One call may take some entries and refuse others: only the refused go again.
            entries = [entry for entry, result in results if "ErrorCode" in result]
            errors.update(result["ErrorCode"] for _, result in results if "ErrorCode" in result)
            sent.retried_entries += len(entries)
            return entries

        try:
            self._retrying(attempt)
        except RetryError as error:
            left = [entry["Data"] for entry in entries]
            raise NotTakenError(", ".join(sorted(errors)), left) from error


def _requests(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    request: list[bytes] = []
    size = 0
    for record in records:
        length = len(record) + 32  # the partition key counts, too
        if request and (
            len(request) == REQUEST_LIMIT_RECORDS or size + length > REQUEST_LIMIT_BYTES
        ):
            yield request
            request, size = [], 0
        request.append(record)
        size += length
    if request:
        yield request
