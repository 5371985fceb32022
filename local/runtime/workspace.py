"""Where a running sandbox keeps what it must remember, and what it must clean up."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import filelock
import psutil

from repository import ROOT


class LocalError(Exception):
    """Something the user can act on. The message says what is wrong and what to do."""


@dataclass
class State:
    """The processes of a running sandbox, and how to reach it."""

    port: int
    architectures: list[str]
    # Process id -> when it was started: a number alone may by now be somebody else's process.
    processes: dict[int, float] = field(default_factory=dict)

    def alive(self) -> list[psutil.Process]:
        """Those of our processes that still run."""
        found = []
        for pid, started in self.processes.items():
            if psutil.pid_exists(pid):
                process = psutil.Process(pid)
                dead = process.status() == psutil.STATUS_ZOMBIE
                if not dead and abs(process.create_time() - started) < 1:
                    found.append(process)
        return found


class Workspace:
    """One sandbox's folder: `.local/` of the project unless LOCAL_DIR names another."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or Path(os.environ.get("LOCAL_DIR", ROOT / ".local"))).resolve()
        self.outputs = self.folder / "outputs.json"
        self.environment = self.folder / "env"
        self.assembly = self.folder / "cdk.out"
        self.logs = self.folder / "logs"
        self.scratch = self.folder / "tmp"
        self.tls = self.folder / "tls"
        self._state = self.folder / "state.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second command out of this sandbox. Raises LocalError if one is at work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise LocalError(
                f"Another command is working on the sandbox in {self.folder}. Wait for it, or give "
                "this one a folder of its own: LOCAL_DIR=<folder> make ..."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def remember(self, state: State) -> None:
        """Write the state at once and whole: after a crash it is what cleaning up goes by."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._state.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(self._state)

    def state(self) -> State | None:
        """What an earlier command remembered, None if nothing runs or ever ran."""
        if not self._state.exists():
            return None
        remembered = json.loads(self._state.read_text())
        processes = {int(pid): started for pid, started in remembered.pop("processes").items()}
        return State(**remembered, processes=processes)

    def clear(self) -> None:
        """Remove everything but the lock, which the caller holds, and the reports."""
        for path in self.folder.iterdir():
            if path.name in ("lock", "report"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
