"""The buffers of a delivery stream: chunks that become one object once they are full or old."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

MEBIBYTE = 1024 * 1024


@dataclass
class Buffer:
    """Chunks that wait to become one object."""

    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    since: float = 0.0
    arrived_ms: int = 0
    """When the first chunk arrived, in milliseconds since the epoch."""

    def add(self, chunk: bytes, arrived_ms: int) -> None:
        """Add a chunk; the first one decides the object's age and prefix."""
        if not self.chunks:
            self.since, self.arrived_ms = time.monotonic(), arrived_ms
        self.chunks.append(chunk)
        self.size += len(chunk)

    def due(self, hints: Mapping[str, float]) -> bool:
        """Whether it has reached the size or the age of BufferingHints."""
        full = self.size >= hints["SizeInMBs"] * MEBIBYTE
        return bool(self.chunks) and (
            full or time.monotonic() - self.since >= hints["IntervalInSeconds"]
        )

    @property
    def body(self) -> bytes:
        """All chunks as one."""
        return b"".join(self.chunks)
