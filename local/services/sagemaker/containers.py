"""The containers of served models: a process each, chained in an inference pipeline.

Every container unpacks its artefact, fetched under the model's role and from inside the VPC, and
runs the program that its environment names (`local/services/sagemaker/model_server.py`). Images are
not pulled: all containers run in `.venv-model`.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from local.runtime.processes import free_port, wait_until_it_answers
from local.runtime.workspace import LocalError
from local.services.sagemaker.jobs import SageMakerJobs
from local.services.sagemaker.training_job import PYTHON
from local.services.task import Arguments
from repository import ROOT, extract

_PROGRAM = ROOT / "local" / "services" / "sagemaker" / "model_server.py"
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class ModelInput:
    """What is sent to a model."""

    body: bytes
    content_type: str
    accept: str


class ModelServers:
    """Model name -> the URLs of its containers, in the order of the pipeline."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._folder = folder
        self._urls: dict[str, list[str]] = {}

    def urls(self, model: Arguments, package: Arguments, jobs: SageMakerJobs) -> list[str]:
        """Where the model's containers answer; they are started if they do not run."""
        name = model["ModelName"]
        if name not in self._urls:
            containers = package["InferenceSpecification"]["Containers"]
            self._urls[name] = [
                self._start(f"{name}-{place}", container, model["ExecutionRoleArn"], jobs)
                for place, container in enumerate(containers)
            ]
        return self._urls[name]

    def _start(self, name: str, container: Arguments, role_arn: str, jobs: SageMakerJobs) -> str:
        folder, log = self._folder / "served" / name, self._folder / "logs" / "model.log"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        artefact = jobs.fetch(role_arn, container["ModelDataUrl"], folder)
        try:
            with tarfile.open(artefact) as archive:
                extract(archive, folder)
        except tarfile.TarError as error:
            raise LocalError(f"{container['ModelDataUrl']} is no model.tar.gz: {error}") from error
        port = free_port()
        variables = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 -- our own command
                [str(PYTHON), str(_PROGRAM), str(folder), str(port)],
                cwd=folder,
                env={**variables, **container["Environment"]},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(f"{url}/ping", process, log)
        return url


def invoke_containers(urls: Sequence[str], model_input: ModelInput) -> requests.Response:
    """The last container's answer, each given the one's before it; the first error ends it.

    Raises LocalError if a container cannot be reached.
    """
    body, content_type = model_input.body, model_input.content_type
    for place, url in enumerate(urls):
        accept = model_input.accept if place == len(urls) - 1 else "*/*"
        headers = {"content-type": content_type, "accept": accept}
        try:
            answer = requests.post(
                f"{url}/invocations", body, headers=headers, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise LocalError(f"Container {place + 1} of the model does not answer.") from error
        if not answer.ok:
            break
        body, content_type = answer.content, answer.headers["content-type"]
    return answer
