"""The model server, started from an artefact alone, as the local AWS starts it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from local.runtime.processes import free_port
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT


@contextmanager
def serve(artefact: Path) -> Iterator[str]:
    """Serve the model of `artefact`; yields the server's URL."""
    port = free_port()
    script = ROOT / "local" / "services" / "sagemaker" / "model_server.py"
    command = [str(PYTHON), str(script), str(artefact), str(port)]
    # Without PYTHONPATH and outside the repository, the server has only the artefact's code.
    # The artefact stays as it is.
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "SAGEMAKER_PROGRAM": "inference.py"}
    with subprocess.Popen(command, cwd=artefact, env=variables) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + 60
            while not answers(url):
                assert process.poll() is None, "the model server has ended"
                assert time.monotonic() < deadline, "the model server does not answer"
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/ping", timeout=5).ok
    except requests.ConnectionError:
        return False
