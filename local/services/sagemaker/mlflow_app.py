"""Managed MLflow apps: what CloudFormation has made of them, and the server behind each.

A call is authorised by the emulator (`local/services/sagemaker/ministack_gaps.py`) as
`sagemaker:CallMlflowAppApi` and answered by MLflow's own file store, in `mlflow/` of the workspace
(`local/services/sagemaker/mlflow_server.py`). Clients write artefacts to S3 themselves.
"""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import requests

from local.runtime.processes import free_port, wait_until_it_answers
from repository import ROOT

LENIENT = [
    (
        "The role of an MLflow app is not used.",
        "Clients write artefacts with their own rights; the app would read them for its pages,"
        " which nothing shows here.",
    ),
]

PYTHON = ROOT / ".venv-mlflow" / "bin" / "python"
_PROGRAM = ROOT / "local" / "services" / "sagemaker" / "mlflow_server.py"
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class MlflowCall:
    """A request to an app."""

    method: str
    path: str
    """With the query."""
    body: bytes
    artifact_root: str
    """S3 URI of the app's artefacts."""


class MlflowApps:
    """The servers of apps, one for each artefact root; started by the first call."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._folder = folder
        self._urls: dict[str, str] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._starting = threading.Lock()

    def answer(self, call: MlflowCall) -> requests.Response:
        """The server's response. Raises LocalError if it does not start."""
        with self._starting:
            if call.artifact_root not in self._urls:
                self._urls[call.artifact_root] = self._start(call.artifact_root)
        url = f"{self._urls[call.artifact_root]}{call.path}"
        return requests.request(call.method, url, data=call.body, timeout=_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """End the servers. In a local AWS they end with the task server, as its children."""
        for process in self._processes:
            process.terminate()
            process.wait()

    def _start(self, artifact_root: str) -> str:
        port, log = free_port(), self._folder / "logs" / "mlflow.log"
        variables = {
            "PATH": os.environ["PATH"],
            # MLflow announces the end of its file store.
            "MLFLOW_ALLOW_FILE_STORE": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONWARNINGS": "ignore",
        }
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 -- our own command
                [PYTHON, _PROGRAM, str(port), self._folder / "mlflow", artifact_root],
                env=variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(url, process, log)
        return url
