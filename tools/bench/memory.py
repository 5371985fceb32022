"""The peak memory of a process and its children."""

import threading
import time
from types import TracebackType
from typing import Self

import psutil


class PeakMemory:
    """Samples from entry to exit: `mebibytes` of resident memory, and `seconds`."""

    def __init__(self, pid: int) -> None:
        self.mebibytes, self.seconds = 0.0, 0.0
        self._pid, self._started = pid, time.monotonic()
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.seconds = time.monotonic() - self._started
        self._ended.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            try:
                root = psutil.Process(self._pid)
                family = [root, *root.children(recursive=True)]
                resident = sum(process.memory_info().rss for process in family)
            except psutil.NoSuchProcess:
                continue
            self.mebibytes = max(self.mebibytes, resident / 2**20)
