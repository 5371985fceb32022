"""Data Firehose for the embedded AWS: what the delivery stream says, done under its role.

It polls the source stream, keeps every record as received in the backup bucket, asks the Lambda
processor in batches and again when it fails, converts lines to Parquet by the Glue table's
columns, buffers by size and age, and sends what fails to the error prefix. Its settings come from
DescribeDeliveryStream, its rights from the delivery stream's role alone.
"""

import base64
import gzip
import json
import logging
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.runtime.emulator import Emulator
from local.services.firehose.kinesis_source import Record, Source
from local.services.firehose.parquet import ConversionError, to_parquet
from local.services.firehose.prefixes import evaluate

log = logging.getLogger("firehose")
MEBIBYTE = 1024 * 1024


@dataclass
class Buffer:
    """Chunks waiting to become one object, and since when."""

    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    since: float = 0.0
    arrived_ms: int = 0

    def add(self, chunk: bytes, arrived_ms: int) -> None:
        """Put a chunk in; the first one decides the object's age and prefix."""
        if not self.chunks:
            self.since, self.arrived_ms = time.monotonic(), arrived_ms
        self.chunks.append(chunk)
        self.size += len(chunk)

    def due(self, hints: dict[str, float]) -> bool:
        """Whether it is full or old enough to be written."""
        full = self.size >= hints["SizeInMBs"] * MEBIBYTE
        return bool(self.chunks) and (
            full or time.monotonic() - self.since >= hints["IntervalInSeconds"]
        )


class Firehose:
    """One delivery stream with a Kinesis source and an extended S3 destination."""

    def __init__(self, emulator: Emulator, description: dict[str, Any], checkpoint: Path) -> None:
        self._name = description["DeliveryStreamName"]
        source = description["Source"]["KinesisStreamSourceDescription"]
        self._to = description["Destinations"][0]["ExtendedS3DestinationDescription"]
        self._backup_to = self._to.get("S3BackupDescription")
        self._stream_arn = source["KinesisStreamARN"]
        role = emulator.assume(self._to["RoleARN"], "firehose")
        self._s3 = emulator.client("s3", role)
        self._lambda = emulator.client("lambda", role)
        self._glue = emulator.client("glue", role)
        self._logs = emulator.client("logs", role)
        kinesis = emulator.client("kinesis", emulator.assume(source["RoleARN"], "firehose"))
        self._source = Source(kinesis, self._stream_arn, checkpoint)
        for to in filter(None, (self._to, self._backup_to)):
            # As Firehose does before it serves a stream: a bucket out of reach shows at once.
            self._s3.get_bucket_location(Bucket=_bucket(to))
        self._raw, self._batch, self._good = Buffer(), Buffer(), Buffer()
        self._waiting: list[Record] = []
        self._errors: dict[str, Buffer] = {}
        parameters = self._to["ProcessingConfiguration"]["Processors"][0]["Parameters"]
        self._processor = {p["ParameterName"]: p["ParameterValue"] for p in parameters}

    def step(self) -> bool:
        """Read, process and write what is due. False if there was nothing to do.

        An AWS error leaves every buffer as it was, is logged, and the step is tried again later:
        Firehose, too, tries a destination again for as long as the source keeps the data.
        """
        try:
            records = self._source.poll()
            self._take(records)
            processed = self._process_if_due()
            written = self._write_what_is_due()
        except (ClientError, BotoCoreError) as error:
            self._report(error)
            time.sleep(1)
            return True
        if not self.pending():
            self._source.commit()
        return bool(records or processed or written)

    def pending(self) -> bool:
        """Whether it holds anything that is not written yet."""
        return bool(self._raw.chunks or self._waiting or self._good.chunks or self._errors)

    def _take(self, records: list[Record]) -> None:
        for record in records:
            self._raw.add(record.data, record.arrived_ms)
            self._waiting.append(record)
            self._batch.add(record.data, record.arrived_ms)

    def _process_if_due(self) -> bool:
        hints = {
            "SizeInMBs": float(self._processor["BufferSizeInMBs"]),
            "IntervalInSeconds": int(self._processor["BufferIntervalInSeconds"]),
        }
        if not self._batch.due(hints):
            return False
        for batch in batches(self._waiting, int(hints["SizeInMBs"] * MEBIBYTE)):
            self._process(batch)
            self._waiting = self._waiting[len(batch) :]
        self._batch = Buffer()
        return True

    def _process(self, batch: list[Record]) -> None:
        answers, error = self._ask(batch)
        for record in batch:
            answer = answers.get(record.event()["recordId"], {"result": "ProcessingFailed"})
            if answer["result"] == "Ok":
                self._good.add(base64.b64decode(answer["data"]), record.arrived_ms)
            elif answer["result"] != "Dropped":
                self._set_aside("processing-failed", record.data, record.arrived_ms, error)

    def _ask(self, batch: list[Record]) -> tuple[dict[str, dict[str, str]], str]:
        """The processor's answer for each record id; none, and why, if it failed every time."""
        event = {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": self._name,
            "sourceKinesisStreamArn": self._stream_arn,
            "region": self._stream_arn.split(":")[3],
            "records": [record.event() for record in batch],
        }
        error = "Lambda.ProcessingFailedStatus"
        for _ in range(1 + int(self._processor["NumberOfRetries"])):
            answer = self._lambda.invoke(
                FunctionName=self._processor["LambdaArn"], Payload=json.dumps(event)
            )
            payload = json.loads(answer["Payload"].read())
            if "FunctionError" not in answer:
                return {each["recordId"]: each for each in payload["records"]}, error
            error = f"Lambda.FunctionError: {payload.get('errorMessage')}"
            self._report(RuntimeError(error))
        return {}, error

    def _set_aside(self, kind: str, data: bytes, arrived_ms: int, error: str) -> None:
        document = {
            "attemptsMade": 1 + int(self._processor["NumberOfRetries"]),
            "arrivalTimestamp": arrived_ms,
            "errorCode": error.partition(":")[0],
            "errorMessage": error,
            "attemptEndingTimestamp": int(time.time() * 1000),
            "rawData": base64.b64encode(data).decode(),
        }
        line = json.dumps(document).encode() + b"\n"
        self._errors.setdefault(kind, Buffer()).add(line, arrived_ms)

    def _write_what_is_due(self) -> bool:
        hints = self._to["BufferingHints"]
        written = False
        if self._backup_to and self._raw.due(self._backup_to["BufferingHints"]):
            body = gzip.compress(b"".join(self._raw.chunks), 5)
            self._put(self._backup_to, self._backup_to["Prefix"], self._raw, body, extension=".gz")
            self._raw, written = Buffer(), True
        if self._good.due(hints):
            self._write_parquet()
            self._good, written = Buffer(), True
        for kind, buffer in list(self._errors.items()):
            self._put(
                self._to,
                self._to["ErrorOutputPrefix"],
                buffer,
                b"".join(buffer.chunks),
                error_type=kind,
            )
            del self._errors[kind]
            written = True
        return written

    def _write_parquet(self) -> None:
        conversion = self._to["DataFormatConversionConfiguration"]["SchemaConfiguration"]
        table = self._glue.get_table(
            DatabaseName=conversion["DatabaseName"], Name=conversion["TableName"]
        )
        columns = table["Table"]["StorageDescriptor"]["Columns"]
        try:
            body = to_parquet(b"".join(self._good.chunks), columns)
        except ConversionError:
            # Somewhere in there is a record that does not fit: find it, and keep its neighbours.
            fitting = Buffer()
            for chunk in self._good.chunks:
                try:
                    to_parquet(chunk, columns)
                except ConversionError as error:
                    self._set_aside(
                        "format-conversion-failed", chunk, self._good.arrived_ms, str(error)
                    )
                else:
                    fitting.add(chunk, self._good.arrived_ms)
            self._good = fitting
            if not fitting.chunks:
                return
            body = to_parquet(b"".join(fitting.chunks), columns)
        self._put(self._to, self._to["Prefix"], self._good, body, extension=".parquet")

    def _put(
        self,
        to: dict[str, Any],
        prefix: str,
        buffer: Buffer,
        body: bytes,
        *,
        extension: str = "",
        error_type: str = "",
    ) -> None:
        arrived = datetime.fromtimestamp(buffer.arrived_ms / 1000, UTC)
        folder = evaluate(prefix, arrived, error_type)
        stamp = arrived.strftime("%Y-%m-%d-%H-%M-%S")
        self._s3.put_object(
            Bucket=_bucket(to),
            Key=f"{folder}{self._name}-1-{stamp}-{uuid.uuid4()}{extension}",
            Body=body,
        )

    def _report(self, error: Exception) -> None:
        log.error("%s", error)
        options = self._to["CloudWatchLoggingOptions"]
        event = {"timestamp": int(time.time() * 1000), "message": str(error)}
        try:
            self._logs.put_log_events(
                logGroupName=options["LogGroupName"],
                logStreamName=options["LogStreamName"],
                logEvents=[event],
            )
        except (ClientError, BotoCoreError) as second:
            log.warning("cannot log to CloudWatch: %s", second)


def _bucket(destination: dict[str, Any]) -> str:
    name: str = destination["BucketARN"].rpartition(":")[2]
    return name


def batches(records: list[Record], limit_bytes: int) -> Iterator[list[Record]]:
    """Cut a list of records into runs of at most `limit_bytes`, one record at least."""
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and size + len(record.data) > limit_bytes:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record.data)
    if batch:
        yield batch


def main(port: int, folder: Path) -> None:
    """Serve every delivery stream of the embedded AWS on `port` until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    emulator = Emulator(port, folder / "tls" / "authority.pem")
    root = emulator.client("firehose")
    serving: dict[str, Firehose] = {}
    while not stopping:
        try:
            names = root.list_delivery_streams()["DeliveryStreamNames"]
            for name in set(names) - set(serving):
                description = root.describe_delivery_stream(DeliveryStreamName=name)
                checkpoint = folder / f"firehose-{name}.json"
                serving[name] = Firehose(
                    emulator, description["DeliveryStreamDescription"], checkpoint
                )
                log.info("serving %s", name)
            serving = {name: served for name, served in serving.items() if name in names}
        except (ClientError, BotoCoreError):
            log.exception("cannot serve yet")
        busy = [served.step() for served in serving.values()]
        if not any(busy):
            time.sleep(0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
