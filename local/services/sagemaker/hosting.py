"""The containers of served models: a process for each, behind one another in a pipeline.

Every container unpacks its artefact, under the model's role and from inside the VPC, and runs the
program that its environment names (`local/services/sagemaker/model_server.py`).
"""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.runtime import emulator as emulators
from local.runtime.workspace import LocalError
from local.services.sagemaker.jobs import SageMakerJobs
from repository import ROOT


@dataclass(frozen=True)
class Asked:
    """What is sent to a model."""

    body: bytes
    content_type: str
    accept: str


class ModelServers:
    """Model name -> the addresses of its containers, in the order of the pipeline."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, list[str]] = {}

    def urls(
        self, model: dict[str, Any], package: dict[str, Any], jobs: SageMakerJobs
    ) -> list[str]:
        """Where the model is asked; its containers are started if they do not run."""
        name = model["ModelName"]
        if name not in self._running:
            containers = package["InferenceSpecification"]["Containers"]
            self._running[name] = [
                self._start(f"{name}-{place}", container, model["ExecutionRoleArn"], jobs)
                for place, container in enumerate(containers)
            ]
        return self._running[name]

    def _start(
        self, name: str, container: dict[str, Any], role_arn: str, jobs: SageMakerJobs
    ) -> str:
        folder, log = self._folder / "served" / name, self._folder / "logs" / "model.log"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        packed = jobs.fetch(role_arn, container["ModelDataUrl"], folder)
        try:
            with tarfile.open(packed) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise LocalError(f"{container['ModelDataUrl']} is no model.tar.gz: {error}") from error
        port = emulators.free_port()
        # One environment for all: scikit-learn's container calls the same four functions.
        command = [str(ROOT / ".venv-model" / "bin" / "python")]
        command += [
            str(ROOT / "local" / "services" / "sagemaker" / "model_server.py"),
            str(folder),
            str(port),
        ]
        variables = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 -- our own command
                command,
                cwd=folder,
                env={**variables, **container["Environment"]},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        emulators.wait_until_it_answers(f"{url}/ping", process, log)
        return url


def ask(urls: list[str], asked: Asked) -> requests.Response:
    """Let the containers answer, each what the one before it said; the first error is the answer.

    Raises LocalError if one cannot be reached.
    """
    body, content_type = asked.body, asked.content_type
    for place, url in enumerate(urls):
        last = place == len(urls) - 1
        headers = {"content-type": content_type, "accept": asked.accept if last else "*/*"}
        try:
            answer = requests.post(f"{url}/invocations", body, headers=headers, timeout=60)
        except requests.RequestException as error:
            raise LocalError(f"container {place + 1} of the model does not answer") from error
        if not answer.ok:
            break
        body, content_type = answer.content, answer.headers["content-type"]
    return answer
