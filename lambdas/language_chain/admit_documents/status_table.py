"""The status of every document, and the slots that limit concurrent executions.

A document is received, running, done, or failed with a reason; a recording that waits for its turn
is `recording_received`, so that neither kind waits behind the other. Each kind has an item that
holds the names of its running executions as a set, so that taking or returning a slot is
idempotent: `slots`, and `recording_slots`. The workflow of a recording takes one of `slots`, too,
once the transcript is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_STATUS = "by_status"
RECEIVED, RECORDING_RECEIVED = "received", "recording_received"
# The status of documents that wait -> the item of their slots.
_SLOTS = {RECEIVED: "slots", RECORDING_RECEIVED: "recording_slots"}
_STATUS = {"#status": "status"}


@dataclass(frozen=True)
class Document:
    """The attributes of an item that its execution needs."""

    document_id: str
    attempt: int
    source: dict[str, str]
    received_at: str
    media_format: str
    """Empty for a text."""

    @property
    def waiting_status(self) -> str:
        """Its status while it waits for a slot of its kind."""
        return RECORDING_RECEIVED if self.media_format else RECEIVED

    @property
    def execution(self) -> str:
        """The name of its execution, unique for each attempt."""
        return f"{self.document_id}-{self.attempt}"

    @property
    def execution_input(self) -> dict[str, Any]:
        """The input of its execution."""
        return {
            "document_id": self.document_id,
            "attempt": self.attempt,
            "source": self.source,
            "date": self.received_at[:10],
            "media_format": self.media_format,
        }


class StatusTable:
    """Reads and writes the table. Every change is idempotent."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, texts_at_once: int, recordings_at_once: int
    ) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._most = {RECEIVED: texts_at_once, RECORDING_RECEIVED: recordings_at_once}
        self._refused = dynamodb.exceptions.ConditionalCheckFailedException

    def receive(self, document_id: str, source: dict[str, str], media_format: str) -> Document:
        """Record a new document; a known one stays unchanged.

        It has no time to live: the workflow sets one when the document is done.
        """
        document = Document(document_id, 1, source, datetime.now(UTC).isoformat(), media_format)
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "document_id": {"S": document_id},
                    "status": {"S": document.waiting_status},
                    "attempt": {"N": "1"},
                    **{name: {"S": value} for name, value in source.items() if value},
                    "media_format": {"S": media_format},
                    "received_at": {"S": document.received_at},
                },
                ConditionExpression="attribute_not_exists(document_id)",
            )
        except self._refused:
            return self.read(document_id)
        return document

    def read(self, document_id: str) -> Document:
        """The document of an id. Raises KeyError if there is none."""
        item = self._dynamodb.get_item(
            TableName=self._table, Key={"document_id": {"S": document_id}}, ConsistentRead=True
        )["Item"]
        return as_document(item)

    def known(self, document_ids: Sequence[str]) -> set[str]:
        """Those of at most 100 ids that have an item."""
        keys: Any = [{"document_id": {"S": document_id}} for document_id in document_ids]
        request: Any = {self._table: {"Keys": keys, "ProjectionExpression": "document_id"}}
        known_ids: set[str] = set()
        while request:  # what DynamoDB had no capacity for comes back
            answer = self._dynamodb.batch_get_item(RequestItems=request)
            items = answer["Responses"].get(self._table, [])
            known_ids |= {item["document_id"]["S"] for item in items}
            request = answer["UnprocessedKeys"]
        return known_ids

    def with_status(self, status: str) -> Iterator[dict[str, Any]]:
        """The items of a status, oldest first; the index is eventually consistent."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table, PaginationConfig={"PageSize": 100}, **_of(status)
        )
        for page in pages:
            yield from page["Items"]

    def waiting(self, status: str) -> Iterator[Document]:
        """The documents that are not started yet, oldest first."""
        return map(as_document, self.with_status(status))

    def count(self, status: str) -> int:
        """The number of documents with a status."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table, Select="COUNT", **_of(status)
        )
        return sum(page["Count"] for page in pages)

    def take_slot(self, document: Document) -> bool:
        """Take a slot of its kind; return False if all are taken."""
        status = document.waiting_status
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_slots(status),
                UpdateExpression="ADD running :one",
                ConditionExpression="attribute_not_exists(running) OR size(running) < :most"
                " OR contains(running, :name)",
                ExpressionAttributeValues={
                    ":one": {"SS": [document.execution]},
                    ":name": {"S": document.execution},
                    ":most": {"N": f"{self._most[status]}"},
                },
            )
        except self._refused:
            return False
        return True

    def give_back_slot(self, execution: str) -> None:
        """Return the slots that the execution holds, if any."""
        for status in _SLOTS:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_slots(status),
                UpdateExpression="DELETE running :one",
                ExpressionAttributeValues={":one": {"SS": [execution]}},
            )

    def is_full(self, status: str) -> bool:
        """Whether all slots of a kind are taken at this moment; only `take_slot` is atomic."""
        return len(self._taken(status)) >= self._most[status]

    def slots_taken(self) -> set[str]:
        """The executions that hold a slot of either kind."""
        return {execution for status in _SLOTS for execution in self._taken(status)}

    def _taken(self, status: str) -> list[str]:
        item = self._dynamodb.get_item(
            TableName=self._table, Key=_slots(status), ConsistentRead=True
        )
        return list(item.get("Item", {}).get("running", {}).get("SS", []))

    def run(self, document: Document) -> bool:
        """Set a received document to running; return False if its status is another one."""
        return self._move(
            document.document_id,
            "SET #status = :to, running_at = :at",
            {":from": document.waiting_status, ":to": "running"},
        )

    def wait(self, document: Document) -> bool:
        """Set a running document back to received; return False if its status is another one."""
        return self._move(
            document.document_id,
            "SET #status = :to REMOVE running_at",
            {":from": "running", ":to": document.waiting_status},
        )

    def fail(self, document_id: str, reason: str) -> bool:
        """Set a running document to failed; return False if its status is another one."""
        return self._move(
            document_id,
            "SET #status = :to, failed_at = :at, reason = :reason",
            {":from": "running", ":to": "failed", ":reason": reason},
        )

    def receive_again(self, document: Document) -> bool:
        """Set a failed document back to received; return False if its status is another one."""
        return self._move(
            document.document_id,
            "SET #status = :to, redriven_at = :at ADD attempt :one",
            {":from": "failed", ":to": document.waiting_status},
            {":one": {"N": "1"}},
        )

    def _move(
        self,
        document_id: str,
        expression: str,
        texts: dict[str, str],
        further: dict[str, Any] | None = None,
    ) -> bool:
        values = {**texts}
        if ":at" in expression:
            values[":at"] = datetime.now(UTC).isoformat()
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"document_id": {"S": document_id}},
                UpdateExpression=expression,
                ConditionExpression="#status = :from",
                ExpressionAttributeNames=_STATUS,
                ExpressionAttributeValues={
                    **{name: {"S": text} for name, text in values.items()},
                    **(further or {}),
                },
            )
        except self._refused:
            return False
        return True


def _slots(status: str) -> Any:
    """The key of the item that holds the slots of the documents that wait with this status."""
    return {"document_id": {"S": _SLOTS[status]}}


def _of(status: str) -> dict[str, Any]:
    """A query for the items of a status, oldest first."""
    return {
        "IndexName": BY_STATUS,
        "KeyConditionExpression": "#status = :status",
        "ExpressionAttributeNames": _STATUS,
        "ExpressionAttributeValues": {":status": {"S": status}},
    }


def as_document(item: dict[str, Any]) -> Document:
    """The document of an item."""
    source = {name: item.get(name, {}).get("S", "") for name in ("bucket", "key", "version_id")}
    return Document(
        item["document_id"]["S"],
        int(item["attempt"]["N"]),
        source,
        item["received_at"]["S"],
        item.get("media_format", {}).get("S", ""),
    )
