"""Data Firehose: delivers what the delivery streams of the emulator describe, under their roles.

    python -m local.services.firehose.delivery EMULATOR_PORT WORKSPACE_FOLDER

Polls the source stream, takes apart what the Kinesis Producer Library aggregated, writes every
record to the backup bucket, passes batches to the Lambda processor and retries it, converts lines
to Parquet by the Glue table's columns, buffers by size and age, and writes what fails to the error
prefix. Settings come from DescribeDeliveryStream, permissions from the delivery stream's role
alone. Supports one kind of delivery stream: a Kinesis source, an extended S3 destination, and a
Lambda processor. Service quotas are not checked.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.runtime.emulator import Emulator
from local.services.firehose.buffers import MEBIBYTE, Buffer
from local.services.firehose.kinesis_source import Record, Source
from local.services.firehose.parquet import ConversionError, to_parquet
from local.services.firehose.prefixes import evaluate

LENIENT = [
    (
        "A stream's throughput has no quota, and no delivery comes twice.",
        "Firehose delivers at least once; tests of the job and the transform send twice.",
    ),
]

log = logging.getLogger("firehose")
# Firehose calls GetRecords once every second for each shard:
# docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html, read on 2026-11-29.
_IDLE_SECONDS = 1


class Firehose:
    """One delivery stream with a Kinesis source and an extended S3 destination."""

    def __init__(self, emulator: Emulator, description: dict[str, Any], checkpoint: Path) -> None:
        """`checkpoint` is the file that keeps how far the stream has been delivered."""
        self._name = description["DeliveryStreamName"]
        source = description["Source"]["KinesisStreamSourceDescription"]
        self._destination = description["Destinations"][0]["ExtendedS3DestinationDescription"]
        self._backup = self._destination.get("S3BackupDescription")
        self._stream_arn = source["KinesisStreamARN"]
        role = emulator.assume(self._destination["RoleARN"], "firehose")
        self._s3 = emulator.client("s3", role)
        self._lambda = emulator.client("lambda", role)
        self._glue = emulator.client("glue", role)
        self._logs = emulator.client("logs", role)
        kinesis = emulator.client("kinesis", emulator.assume(source["RoleARN"], "firehose"))
        self._source = Source(kinesis, self._stream_arn, checkpoint)
        for destination in filter(None, (self._destination, self._backup)):
            # As Firehose does before it delivers: an unreachable bucket shows at once.
            self._s3.get_bucket_location(Bucket=_bucket(destination))
        self._raw, self._batch, self._good = Buffer(), Buffer(), Buffer()
        self._waiting: list[Record] = []
        self._errors: dict[str, Buffer] = {}
        parameters = self._destination["ProcessingConfiguration"]["Processors"][0]["Parameters"]
        self._processor = {p["ParameterName"]: p["ParameterValue"] for p in parameters}

    def step(self) -> bool:
        """Read, process and write what is due. False if there was nothing to do.

        An AWS error leaves every buffer as it was, is logged, and the step is retried later:
        Firehose, too, retries a destination for as long as the source keeps the data.
        """
        try:
            records = self._source.poll()
            self._take(records)
            processed = self._process_if_due()
            wrote = self._write_if_due()
        except (ClientError, BotoCoreError) as error:
            self._report(error)
            time.sleep(1)
            return True
        if not self.pending():
            self._source.commit()
        return bool(records or processed or wrote)

    def pending(self) -> bool:
        """Whether it holds anything that is not written yet."""
        return bool(self._raw.chunks or self._waiting or self._good.chunks or self._errors)

    def _take(self, records: list[Record]) -> None:
        for record in records:
            # AWS says that aggregates are taken apart before the processor and the destination, and
            # nothing of the source backup: that it holds the parts is not verified.
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
        answers, error = self._invoke_processor(batch)
        for record in batch:
            answer = answers.get(record.event()["recordId"], {"result": "ProcessingFailed"})
            if answer["result"] == "Ok":
                self._good.add(base64.b64decode(answer["data"]), record.arrived_ms)
            elif answer["result"] != "Dropped":
                self._add_error("processing-failed", record.data, record.arrived_ms, error)

    def _invoke_processor(self, batch: list[Record]) -> tuple[dict[str, dict[str, str]], str]:
        """The processor's answer by record id, and the error of records that have none."""
        event = {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": self._name,
            "sourceKinesisStreamArn": self._stream_arn,
            "region": self._stream_arn.split(":")[3],
            "records": [record.event() for record in batch],
        }
        error = "Lambda.ProcessingFailedStatus"
        for _ in range(1 + int(self._processor["NumberOfRetries"])):
            response = self._lambda.invoke(
                FunctionName=self._processor["LambdaArn"], Payload=json.dumps(event)
            )
            payload = json.loads(response["Payload"].read())
            if "FunctionError" not in response:
                return {record["recordId"]: record for record in payload["records"]}, error
            error = f"Lambda.FunctionError: {payload.get('errorMessage')}"
            self._report(RuntimeError(error))
        return {}, error

    def _add_error(self, error_type: str, data: bytes, arrived_ms: int, error: str) -> None:
        document = {
            "attemptsMade": 1 + int(self._processor["NumberOfRetries"]),
            "arrivalTimestamp": arrived_ms,
            "errorCode": error.partition(":")[0],
            "errorMessage": error,
            "attemptEndingTimestamp": int(time.time() * 1000),
            "rawData": base64.b64encode(data).decode(),
        }
        line = json.dumps(document).encode() + b"\n"
        self._errors.setdefault(error_type, Buffer()).add(line, arrived_ms)

    def _write_if_due(self) -> bool:
        wrote = False
        if self._backup and self._raw.due(self._backup["BufferingHints"]):
            body = gzip.compress(self._raw.body, 5)
            prefix = evaluate(self._backup["Prefix"], _time(self._raw))
            self._put(_bucket(self._backup), prefix, self._raw, body, ".gz")
            self._raw, wrote = Buffer(), True
        if self._good.due(self._destination["BufferingHints"]):
            self._write_parquet()
            self._good, wrote = Buffer(), True
        for error_type, buffer in list(self._errors.items()):
            prefix = evaluate(self._destination["ErrorOutputPrefix"], _time(buffer), error_type)
            self._put(_bucket(self._destination), prefix, buffer, buffer.body)
            del self._errors[error_type]
            wrote = True
        return wrote

    def _write_parquet(self) -> None:
        conversion = self._destination["DataFormatConversionConfiguration"]["SchemaConfiguration"]
        table = self._glue.get_table(
            DatabaseName=conversion["DatabaseName"], Name=conversion["TableName"]
        )
        columns = table["Table"]["StorageDescriptor"]["Columns"]
        try:
            body = to_parquet(self._good.body, columns)
        except ConversionError:
            self._good = self._without_misfits(columns)
            if not self._good.chunks:
                return
            body = to_parquet(self._good.body, columns)
        prefix = evaluate(self._destination["Prefix"], _time(self._good))
        self._put(_bucket(self._destination), prefix, self._good, body, ".parquet")

    def _without_misfits(self, columns: list[dict[str, Any]]) -> Buffer:
        """The chunks that can be converted; the others become errors."""
        fitting = Buffer()
        for chunk in self._good.chunks:
            try:
                to_parquet(chunk, columns)
            except ConversionError as error:
                arrived_ms = self._good.arrived_ms
                self._add_error("format-conversion-failed", chunk, arrived_ms, str(error))
            else:
                fitting.add(chunk, self._good.arrived_ms)
        return fitting

    def _put(
        self, bucket: str, prefix: str, buffer: Buffer, body: bytes, extension: str = ""
    ) -> None:
        stamp = _time(buffer).strftime("%Y-%m-%d-%H-%M-%S")
        key = f"{prefix}{self._name}-1-{stamp}-{uuid.uuid4()}{extension}"
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _report(self, error: Exception) -> None:
        log.error("%s", error)
        options = self._destination["CloudWatchLoggingOptions"]
        event = {"timestamp": int(time.time() * 1000), "message": str(error)}
        try:
            self._logs.put_log_events(
                logGroupName=options["LogGroupName"],
                logStreamName=options["LogStreamName"],
                logEvents=[event],
            )
        except (ClientError, BotoCoreError) as log_error:
            log.warning("cannot log to CloudWatch: %s", log_error)


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


def _bucket(destination: dict[str, Any]) -> str:
    name: str = destination["BucketARN"].rpartition(":")[2]
    return name


def _time(buffer: Buffer) -> datetime:
    return datetime.fromtimestamp(buffer.arrived_ms / 1000, UTC)


def main(port: int, folder: Path) -> None:
    """Deliver every delivery stream of the emulator on `port` until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    emulator = Emulator(port, folder / "tls" / "authority.pem")
    streams: dict[str, Firehose] = {}
    while not stopping:
        try:
            streams = _current_streams(emulator, folder, streams)
        except (ClientError, BotoCoreError):
            log.exception("cannot deliver yet")
        busy = [stream.step() for stream in streams.values()]
        if not any(busy):
            time.sleep(_IDLE_SECONDS)


def _current_streams(
    emulator: Emulator, folder: Path, streams: dict[str, Firehose]
) -> dict[str, Firehose]:
    """Those of `streams` that still exist, and the new ones."""
    firehose = emulator.client("firehose")
    names = firehose.list_delivery_streams()["DeliveryStreamNames"]
    current = {name: stream for name, stream in streams.items() if name in names}
    for name in set(names) - set(current):
        response = firehose.describe_delivery_stream(DeliveryStreamName=name)
        checkpoint = folder / f"firehose-{name}.json"
        current[name] = Firehose(emulator, response["DeliveryStreamDescription"], checkpoint)
        log.info("delivering %s", name)
    return current


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
