"""The background processes of a local AWS: start, wait for, and stop them."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import requests

from local.runtime.workspace import LocalError, State, Workspace

_START_SECONDS = 60
_LOG_LINES = 15


def launch(
    workspace: Workspace,
    state: State,
    name: str,
    command: list[str],
    variables: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Start `command` in the background, its output in `logs/<name>.log`, and remember it."""
    with (workspace.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own command
            command,
            cwd=workspace.scratch,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C goes to the command that the user started, which then stops these in order.
            start_new_session=True,
        )
    state.processes[process.pid] = psutil.Process(process.pid).create_time()
    workspace.remember(state)
    return process


def stop(workspace: Workspace) -> int:
    """Stop every process that a command left running in `workspace`, children included.

    Returns how many there were; none is no error.
    """
    state = workspace.state()
    parents = state.alive() if state else []
    processes = [child for parent in parents for child in parent.children(recursive=True)]
    processes += parents
    for process in processes:
        _signal(process, signal.SIGTERM)
    _, still_alive = psutil.wait_procs(processes, timeout=2)
    for process in still_alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(still_alive, timeout=5)
    return len(processes)


def free_port() -> int:
    """A loopback port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(
    url: str, process: subprocess.Popen[bytes], log: Path, authority: Path | None = None
) -> None:
    """Return once `url` answers with any status. Raises LocalError with the end of its log."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=1, verify=str(authority) if authority else True)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
    raise LocalError(f"{log.stem} did not start. The end of {log}:\n{last_lines}")


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
