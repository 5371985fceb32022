"""The lines of a raw object in; good lines, with their moments, and bad lines, explained, out."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Self

from ..envelope import Source
from ..rejection import as_json_lines
from ..transform import transform
from .raw_object import RawObject

_LEVEL = 6


@dataclass
class Lines:
    """Lines that become one compressed object; `digest` is that of the lines themselves."""

    count: int = 0
    _body: BytesIO = field(default_factory=BytesIO)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        # Without the time and a name, the same lines are the same bytes.
        self._compressed = gzip.GzipFile("", "wb", _LEVEL, self._body, mtime=0)

    def add(self, line: bytes) -> None:
        """Add one line, its end included."""
        self._compressed.write(line)
        self._digest.update(line)
        self.count += 1

    def close(self) -> Self:
        """End the object: no line can be added."""
        self._compressed.close()
        return self

    @property
    def body(self) -> bytes:
        """The object, once it is closed."""
        return self._body.getvalue()

    @property
    def digest(self) -> str:
        """SHA-256 of the lines, whatever compressed them."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a raw object's lines."""

    accepted: Lines
    rejected: Lines


def replay(lines: Iterable[bytes], raw: RawObject) -> Replayed:
    """Send every line through the transform, as a record of its own.

    The log has no ends of records. Since each record ends with a newline, which producers promise,
    its lines are the same.
    """
    accepted, rejected = Lines(), Lines()
    for position, line in enumerate(lines):
        arrived_at = raw.arrived_at(position)
        transformed = transform(line, arrived_at)
        if transformed.accepted:
            accepted.add(transformed.output)
        for rejection in transformed.rejected:
            source = Source(raw.name, None, None, None, arrived_at)
            numbered = replace(rejection, number=position + 1)
            rejected.add(as_json_lines([numbered], source))
    return Replayed(accepted.close(), rejected.close())
