"""Firehose transformation: good lines go on to the lake, bad lines are kept beside it, explained.

    Ok                 its good lines, once its bad ones are safely written
    Dropped            no good line and its bad ones are safe, or the record went back to the stream
    ProcessingFailed   its bad lines could not be written: Firehose keeps the original as an error

An error raised here makes Firehose send the whole batch again. Rejected lines are then not written
twice, but records that already went back to the stream will come twice; the curated layer keeps
one event an id.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .batch import Kept, dropped, fit
from .envelope import FirehoseEvent, FirehoseRecord, Response
from .new_object import put_new
from .put_back import NO_STREAM, Entry, PutBackError, put_back
from .rejection import as_json_lines
from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client

SETTINGS = Settings.from_environment()
WRITERS = 8

# Three attempts end well within a function's minute, even if each one times out.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=WRITERS,
)
s3: "S3Client" = boto3.client("s3", config=_CONFIG)
kinesis: "KinesisClient" = boto3.client("kinesis", config=_CONFIG)
logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: FirehoseEvent, context: LambdaContext) -> Response:  # noqa: ARG001  # Lambda's signature
    """Answer one batch, record for record."""
    fitting, returned = fit(event["records"])
    # First what is harmless to repeat: the batch comes again if the records cannot go back.
    with ThreadPoolExecutor(WRITERS) as pool:
        writes = [
            pool.submit(_keep_rejected, record) if record.transformed.rejected else None
            for record in fitting
        ]
    safe = [write is None or write.result() for write in writes]
    _return_to_stream(event, returned)
    _count(fitting, safe, len(returned))
    answers = [record.answer(safe=is_safe) for record, is_safe in zip(fitting, safe, strict=True)]
    return {"records": [*answers, *map(dropped, returned)]}


def _keep_rejected(record: Kept) -> bool:
    """Write a record's rejected lines exactly once; False if that failed."""
    key = SETTINGS.rejected_prefix + record.source.rejected_key
    try:
        # Firehose may send the batch again: what an earlier attempt has written stays.
        put_new(
            s3,
            {
                "Bucket": SETTINGS.rejected_bucket,
                "Key": key,
                "Body": as_json_lines(record.transformed.rejected, record.source),
                "ContentType": "application/x-ndjson",
            },
        )
    except (ClientError, BotoCoreError):
        logger.exception("Rejected lines not written", key=key)
        return False
    return True


def _return_to_stream(event: FirehoseEvent, records: list[FirehoseRecord]) -> None:
    if not records:
        return
    stream = event.get("sourceKinesisStreamArn")
    if not stream:
        raise PutBackError(NO_STREAM)

    def put(entries: list[Entry]) -> list[bool]:
        answer = kinesis.put_records(
            StreamARN=stream,
            Records=[
                {"Data": entry.data, "PartitionKey": entry.partition_key} for entry in entries
            ],
        )
        return ["ErrorCode" not in result for result in answer["Records"]]

    put_back(records, put)
    logger.warning("Response full, records put back on the stream", records=len(records))


def _count(records: list[Kept], safe: list[bool], returned: int) -> None:
    completed = [
        record.transformed for record, is_safe in zip(records, safe, strict=True) if is_safe
    ]
    reasons = Counter(line.reason for transformed in completed for line in transformed.rejected)
    for name, value in {
        "AcceptedLines": sum(transformed.accepted for transformed in completed),
        "RejectedLines": reasons.total(),
        "ReingestedRecords": returned,
        "FailedRecords": len(records) - len(completed),
    }.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    # A reason is a dimension of its own lines only, and EMF knows one set of dimensions a blob.
    for reason, lines in reasons.items():
        with single_metric("RejectedLines", MetricUnit.Count, lines) as metric:
            metric.add_dimension("reason", reason)
