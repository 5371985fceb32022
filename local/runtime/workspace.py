"""The folder of one local AWS: its state, logs and scratch files."""

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
    """The processes of a running local AWS, and the port it answers at."""

    port: int
    processes: dict[int, float] = field(default_factory=dict)
    """Process id -> start time: by now the id alone may belong to another program."""

    def alive(self) -> list[psutil.Process]:
        """The remembered processes that still run."""
        running = []
        for pid, start_time in self.processes.items():
            if psutil.pid_exists(pid):
                process = psutil.Process(pid)
                dead = process.status() == psutil.STATUS_ZOMBIE
                if not dead and abs(process.create_time() - start_time) < 1:
                    running.append(process)
        return running


class Workspace:
    """One local AWS's folder: `.local/` of the project unless LOCAL_DIR names another."""

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
        """Keep other commands out of this folder. Raises LocalError if one is using it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise LocalError(
                f"Another command is using the local AWS in {self.folder}. Wait until it ends, or"
                " use another folder: LOCAL_DIR=<folder> make ..."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def remember(self, state: State) -> None:
        """Write the state atomically: after a crash, cleaning up relies on it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._state.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(self._state)

    def state(self) -> State | None:
        """The state that an earlier command wrote; None if nothing was started here."""
        if not self._state.exists():
            return None
        fields = json.loads(self._state.read_text())
        processes = {int(pid): start_time for pid, start_time in fields["processes"].items()}
        return State(fields["port"], processes)

    def running_state(self) -> State:
        """The state of the local AWS that runs here. Raises LocalError if none does."""
        state = self.state()
        if state is None:
            raise LocalError(f"No local AWS runs in {self.folder}. Start one: make local")
        return state

    def clear(self) -> None:
        """Remove everything but the lock, which the caller holds."""
        for path in self.folder.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
