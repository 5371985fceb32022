"""The messages of the queue: uploads, ended executions, redrives and the schedules."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One version of one object."""

    bucket: str
    key: str
    version_id: str

    @property
    def document_id(self) -> str:
        """The same for every event about the same version of the same object."""
        return hashlib.sha256(f"{self.bucket}/{self.key}/{self.version_id}".encode()).hexdigest()


@dataclass(frozen=True)
class Uploaded:
    """An object was created in the inbox."""

    source: Source


@dataclass(frozen=True)
class Ended:
    """An execution succeeded, failed, timed out or was aborted."""

    execution: str
    status: str


@dataclass(frozen=True)
class Redrive:
    """All failed documents are to be processed again."""


@dataclass(frozen=True)
class Reconcile:
    """Each five minutes: compare the status table with the executions."""


@dataclass(frozen=True)
class LookForUploads:
    """Each hour: compare the status table with the inbox."""


Message = Uploaded | Ended | Redrive | Reconcile | LookForUploads


def message(body: str) -> Message | None:
    """The message in a body; None for the marker object of a folder.

    Raises ValueError for an unknown message, which moves it to the dead-letter queue.
    """
    event = json.loads(body)
    kind, detail = event.get("detail-type"), event.get("detail", {})
    if kind == "Object Created":
        uploaded = detail["object"]
        source = Source(detail["bucket"]["name"], uploaded["key"], uploaded.get("version-id", ""))
        return None if source.key.endswith("/") else Uploaded(source)
    if kind == "Step Functions Execution Status Change":
        return Ended(detail["name"], detail["status"])
    if kind == "Scheduled Event":
        return Reconcile()
    if kind == "Redrive":
        return Redrive()
    if kind == "Look for uploads":
        return LookForUploads()
    raise ValueError(f"unknown detail-type {kind!r} in a message")
