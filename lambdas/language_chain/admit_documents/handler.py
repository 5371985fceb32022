"""The adapter: messages from the queue in, executions of the workflow started, up to a limit.

After each batch of messages, as many waiting documents are started as there are free slots. A
failed message is delivered again; a scheduled run repairs what a crashed call left behind.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from .inbox import format_of, uploads_since
from .messages import Ended, LookForUploads, Reconcile, Redrive, Source, Uploaded, message
from .settings import Settings
from .status_table import RECEIVED, RECORDING_RECEIVED, Document, StatusTable, as_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

logger = Logger()
metrics = Metrics()
states: "SFNClient" = boto3.client("stepfunctions")
s3: "S3Client" = boto3.client("s3")
SETTINGS = Settings.from_environment()
table = StatusTable(
    boto3.client("dynamodb"),
    SETTINGS.documents_table,
    SETTINGS.documents_at_once,
    SETTINGS.recordings_at_once,
)
_WAITING = (RECEIVED, RECORDING_RECEIVED)
# So that recording them fits into the five minutes of a run; the next run continues.
_MOST_UPLOADS_A_RUN = 3_000
# The most keys that BatchGetItem takes:
# docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html, read 2026-11-29.
_BATCH = 100
_NOT_NOTED = "its execution ended as {}: look at it, then redrive the document"


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process a batch of messages, then admit documents; return the messages that failed."""
    received: list[Document] = []
    response = process_partial_response(
        event=event,
        record_handler=lambda record: _process(record["body"], received),
        processor=BatchProcessor(event_type=EventType.SQS),
        context=context,
    )
    for status in _WAITING:
        just_received = (document for document in received if document.waiting_status == status)
        # The index is eventually consistent, and may not show them yet.
        _admit(status, itertools.chain(table.waiting(status), just_received))
    return response


def _process(body: str, received: list[Document]) -> None:
    match message(body):
        case Uploaded(source):
            received.append(_receive(source))
        case Ended(execution, status):
            _end(execution, status)
        case Redrive():
            for item in table.with_status("failed"):
                received += _receive_again(as_document(item))
        case Reconcile():
            _reconcile()
        case LookForUploads():
            sources = list(itertools.islice(_unannounced(), _MOST_UPLOADS_A_RUN))
            received += map(_receive, sources)
            metrics.add_metric("UnannouncedUploads", MetricUnit.Count, len(sources))
            metrics.flush_metrics()


def _receive(source: Source) -> Document:
    location = {"bucket": source.bucket, "key": source.key, "version_id": source.version_id}
    return table.receive(source.document_id, location, format_of(s3, source))


def _unannounced() -> Iterator[Source]:
    """The uploads that the table does not know; older ones may have expired there."""
    since = datetime.now(UTC) - timedelta(days=SETTINGS.keep_days)
    uploads = uploads_since(s3, SETTINGS.inbox_bucket, since, SETTINGS.collections_prefix)
    while batch := {source.document_id: source for source in itertools.islice(uploads, _BATCH)}:
        known_ids = table.known([*batch])
        yield from (source for name, source in batch.items() if name not in known_ids)


def _receive_again(document: Document) -> list[Document]:
    if not table.receive_again(document):
        return []
    key = f"quarantine/{document.document_id}.json"
    s3.delete_object(Bucket=SETTINGS.results_bucket, Key=key)
    return [table.read(document.document_id)]


def _end(execution: str, status: str) -> None:
    # The workflow records its own result, except when it is stopped from outside.
    if status in ("TIMED_OUT", "ABORTED"):
        document_id = execution.rpartition("-")[0]
        if table.fail(document_id, _NOT_NOTED.format(status)):
            _quarantine(table.read(document_id), status)
    table.give_back_slot(execution)


def _quarantine(document: Document, status: str) -> None:
    reference = {**document.execution_input, "error": status, "cause": _NOT_NOTED.format(status)}
    s3.put_object(
        Bucket=SETTINGS.results_bucket,
        Key=f"quarantine/{document.document_id}.json",
        Body=json.dumps(reference).encode(),
        ContentType="application/json",
    )


def _admit(status: str, documents: Iterable[Document]) -> None:
    for document in documents:
        if table.is_full(status):
            return
        if not table.run(document):
            continue  # the index was outdated
        if not table.take_slot(document):
            table.wait(document)  # a concurrent call took the last slot
            return
        _start(document)


def _start(document: Document) -> None:
    try:
        states.start_execution(
            stateMachineArn=SETTINGS.state_machine_arn,
            name=document.execution,
            input=json.dumps(document.execution_input),
        )
    except states.exceptions.ExecutionAlreadyExists:
        logger.info("already started", extra={"execution": document.execution})


def _status(execution: str) -> str | None:
    executions = SETTINGS.state_machine_arn.replace(":stateMachine:", ":execution:")
    try:
        return states.describe_execution(executionArn=f"{executions}:{execution}")["status"]
    except states.exceptions.ExecutionDoesNotExist:
        return None


def _reconcile() -> None:
    """Repair what a call that crashed left behind, and publish metrics."""
    slots = table.slots_taken()
    for execution in slots:
        status = _status(execution)
        if status is None:
            _start(table.read(execution.rpartition("-")[0]))
        elif status != "RUNNING":
            _end(execution, status)
    now, running_since = datetime.now(UTC), []
    for item in table.with_status("running"):
        document = as_document(item)
        running_since.append(datetime.fromisoformat(item["running_at"]["S"]))
        if document.execution in slots:
            continue
        status = _status(document.execution)
        if status is None:
            table.wait(document)
        elif status != "RUNNING":
            table.fail(document.document_id, _NOT_NOTED.format(status))
    waiting_since = [
        datetime.fromisoformat(document.received_at)
        for status in _WAITING
        for document in itertools.islice(table.waiting(status), 1)
    ]
    for name, since in (("OldestRunning", running_since), ("OldestWaiting", waiting_since)):
        age = (now - min(since, default=now)).total_seconds()
        metrics.add_metric(name, MetricUnit.Seconds, age)
    statuses = {"Waiting": _WAITING, "Running": ("running",), "Failed": ("failed",)}
    for name, counted in statuses.items():
        metrics.add_metric(f"{name}Documents", MetricUnit.Count, sum(map(table.count, counted)))
    metrics.flush_metrics()
