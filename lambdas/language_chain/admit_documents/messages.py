"""What the queue tells of: an upload, an execution that ended, the clock, a person's wish."""

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
        """The same for the same version of the same object, however often it is told of."""
        return hashlib.sha256(f"{self.bucket}/{self.key}/{self.version_id}".encode()).hexdigest()


@dataclass(frozen=True)
class Uploaded:
    """A document was uploaded."""

    source: Source


@dataclass(frozen=True)
class Ended:
    """An execution has ended, well or not."""

    execution: str
    status: str


@dataclass(frozen=True)
class Redrive:
    """Somebody wants all failed documents to be tried again."""


@dataclass(frozen=True)
class Sweep:
    """Time to look whether anything was left lying."""


Message = Uploaded | Ended | Redrive | Sweep


def message(body: str) -> Message | None:
    """What the body of a message of the queue says; None for the marker of a folder.

    Raises ValueError for what nobody here sends: it ends in the dead-letter queue, to be looked at.
    """
    event = json.loads(body)
    kind, detail = event.get("detail-type"), event.get("detail", {})
    if kind == "Object Created":
        found = detail["object"]
        source = Source(detail["bucket"]["name"], found["key"], found.get("version-id", ""))
        return None if source.key.endswith("/") else Uploaded(source)
    if kind == "Step Functions Execution Status Change":
        return Ended(detail["name"], detail["status"])
    if kind == "Scheduled Event":
        return Sweep()
    if kind == "Redrive":
        return Redrive()
    raise ValueError(f"a message of the kind {kind!r} is nothing that is known here")
