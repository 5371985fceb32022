"""Puts events on a Kinesis stream, many to a record, and retries each entry until it is accepted.

Kinesis bills PUTs in units of 25 KiB and Firehose in steps of 5 KiB a record, so a record should
carry many events: here they are lines, up to a given size.
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


class NotAcceptedError(RuntimeError):
    """The stream kept refusing entries. `data` holds those that it did not accept."""

    def __init__(self, reason: str, data: list[bytes]) -> None:
        super().__init__(f"{len(data)} records were not accepted by the stream: {reason}")
        self.data = data


@dataclass
class SendResult:
    """What became of the lines passed to `Producer.send`."""

    lines: int = 0
    records: int = 0
    payload_bytes: int = 0
    retried_entries: int = 0
    refused: list[str] = field(default_factory=list)
    """The reason of each line that no record can carry."""


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
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        length = len(check(line)) + 1
        if chunk and size + length > record_bytes:
            yield b"\n".join([*chunk, b""])
            chunk, size = [], 0
        chunk.append(line)
        size += length
    if chunk:
        yield b"\n".join([*chunk, b""])


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

    def send(self, lines: Iterable[bytes]) -> SendResult:
        """Send every line that a record can carry; the result names the others.

        Raises NotAcceptedError once entries were refused too often.
        """
        result = SendResult()
        for request in _requests(pack(self._fitting(lines, result), self._record_bytes)):
            self._put(request, result)
            result.records += len(request)
            result.payload_bytes += sum(map(len, request))
        return result

    def _fitting(self, lines: Iterable[bytes], result: SendResult) -> Iterator[bytes]:
        for line in lines:
            try:
                yield check(line)
            except LineRefusedError as refusal:
                result.refused.append(str(refusal))
            else:
                result.lines += 1

    def _put(self, request: list[bytes], result: SendResult) -> None:
        entries: list[dict[str, Any]] = [
            {"Data": data, "PartitionKey": uuid.uuid4().hex} for data in request
        ]
        errors: set[str] = set()

        def attempt() -> list[dict[str, Any]]:
            nonlocal entries
            try:
                response = self._kinesis.put_records(StreamName=self._stream_name, Records=entries)
            except (ConnectionError, HTTPClientError) as error:
                errors.add(str(error))  # whether anything was accepted is unknown
                result.retried_entries += len(entries)
                return entries
            pairs = list(zip(entries, response["Records"], strict=True))
            # One call may accept some entries and refuse others: only these are sent again.
            entries = [entry for entry, record in pairs if "ErrorCode" in record]
            errors.update(record["ErrorCode"] for _, record in pairs if "ErrorCode" in record)
            result.retried_entries += len(entries)
            return entries

        try:
            self._retrying(attempt)
        except RetryError as error:
            data = [entry["Data"] for entry in entries]
            raise NotAcceptedError(", ".join(sorted(errors)), data) from error


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
