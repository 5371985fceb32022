"""The adapter: messages of the queue in, executions of the chain started, never too many at a time.

Whatever the message: when it is dealt with, as many waiting documents are started as there are free
slots. What fails comes again with its message; a sweep every few minutes finds what fell between.
"""

import itertools
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
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

from .ledger import Document, Ledger, as_document
from .messages import Ended, Redrive, Source, Sweep, Uploaded, message

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

logger = Logger()
metrics = Metrics()
states: "SFNClient" = boto3.client("stepfunctions")
s3: "S3Client" = boto3.client("s3")
ledger = Ledger(
    boto3.client("dynamodb"), os.environ["DOCUMENTS_TABLE"], int(os.environ["DOCUMENTS_AT_ONCE"])
)
_CHAIN = os.environ["STATE_MACHINE_ARN"]
_LOST = "its execution ended as {}: look at it, and redrive the document"


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Deal with a batch of messages, then let documents in; only what failed comes again."""
    came: list[Document] = []
    answer = process_partial_response(
        event=event,
        record_handler=lambda record: _deal_with(record["body"], came),
        processor=BatchProcessor(event_type=EventType.SQS),
        context=context,
    )
    # What has just come, too: the index does not show it at once.
    _let_in(itertools.chain(ledger.waiting(), came))
    return answer


def _deal_with(body: str, came: list[Document]) -> None:
    match message(body):
        case Uploaded(source):
            came.append(_receive(source))
        case Ended(execution, status):
            _end(execution, status)
        case Redrive():
            for item in ledger.with_status("failed"):
                came += _receive_again(item["document_id"]["S"])
        case Sweep():
            _sweep()


def _receive(source: Source) -> Document:
    given = {"bucket": source.bucket, "key": source.key, "version_id": source.version_id}
    return ledger.receive(source.document_id, given, int(os.environ["KEEP_DAYS"]))


def _receive_again(document_id: str) -> list[Document]:
    if not ledger.receive_again(document_id):
        return []
    s3.delete_object(Bucket=os.environ["RESULTS_BUCKET"], Key=f"quarantine/{document_id}.json")
    return [ledger.read(document_id)]


def _end(execution: str, status: str) -> None:
    # The workflow notes itself how it went, unless it was stopped from outside.
    if status in ("TIMED_OUT", "ABORTED"):
        document_id = execution.rpartition("-")[0]
        if ledger.fail(document_id, _LOST.format(status)):
            _quarantine(ledger.read(document_id), status)
    ledger.give_back_slot(execution)


def _quarantine(document: Document, status: str) -> None:
    reference = {**document.given, "error": status, "cause": _LOST.format(status)}
    s3.put_object(
        Bucket=os.environ["RESULTS_BUCKET"],
        Key=f"quarantine/{document.document_id}.json",
        Body=json.dumps(reference).encode(),
        ContentType="application/json",
    )


def _let_in(documents: Iterable[Document]) -> None:
    for document in documents:
        if ledger.is_full():
            return
        if not ledger.run(document):
            continue  # the index showed it as it was before
        if not ledger.take_slot(document.execution):
            ledger.wait(document)  # another call was faster
            return
        _start(document)


def _start(document: Document) -> None:
    try:
        states.start_execution(
            stateMachineArn=_CHAIN, name=document.execution, input=json.dumps(document.given)
        )
    except states.exceptions.ExecutionAlreadyExists:
        logger.info("started already", extra={"execution": document.execution})


def _status(execution: str) -> str | None:
    arn = f"{_CHAIN.replace(':stateMachine:', ':execution:')}:{execution}"
    try:
        return states.describe_execution(executionArn=arn)["status"]
    except states.exceptions.ExecutionDoesNotExist:
        return None


def _sweep() -> None:
    """Mend what fell between two steps of a call that died, and count."""
    taken = ledger.slots_taken()
    for execution in taken:
        status = _status(execution)
        if status is None:
            _start(ledger.read(execution.rpartition("-")[0]))
        elif status != "RUNNING":
            _end(execution, status)
    now, running_since = datetime.now(UTC), []
    for item in ledger.with_status("running"):
        document = as_document(item)
        running_since.append(datetime.fromisoformat(item["running_at"]["S"]))
        if document.execution in taken:
            continue
        status = _status(document.execution)
        if status is None:
            ledger.wait(document)
        elif status != "RUNNING":
            ledger.fail(document.document_id, _LOST.format(status))
    waiting_since = [
        datetime.fromisoformat(each.received_at) for each in itertools.islice(ledger.waiting(), 1)
    ]
    for name, since in (("OldestRunning", running_since), ("OldestWaiting", waiting_since)):
        age = (now - min(since, default=now)).total_seconds()
        metrics.add_metric(name, MetricUnit.Seconds, age)
    for name, status in (("Waiting", "received"), ("Running", "running"), ("Failed", "failed")):
        metrics.add_metric(f"{name}Documents", MetricUnit.Count, ledger.count(status))
    metrics.flush_metrics()
