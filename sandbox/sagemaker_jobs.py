"""SageMaker's jobs, run here: the request as the workflow sent it, the data from the embedded S3.

A training job runs under the toolkit of SageMaker's own containers, a processing job as its
entry point; both in `.venv-model`, in a folder laid out like `/opt/ml`. Their data is fetched and
left under the job's own role, as from inside the VPC, so what the role may not do fails here, too.
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.emulator import Emulator
from sandbox.endpoint import s3_in_the_vpc
from sandbox.workspace import ROOT, SandboxError

_PYTHON = ROOT / ".venv-model" / "bin" / "python"
_SAGEMAKER_ROOT = "/opt/ml/"
Request = Mapping[str, Any]


@dataclass(frozen=True)
class Trained:
    """What a training job leaves."""

    model_uri: str
    metrics: dict[str, float]  # the last value of each metric definition
    seconds: float
    log: str


class SageMakerJobs:
    """Runs the requests of jobs. `vpc_endpoint_id`: the S3 endpoint that their traffic takes."""

    def __init__(self, emulator: Emulator, folder: Path, vpc_endpoint_id: str) -> None:
        self._emulator, self._folder = emulator, folder
        self._vpc_endpoint_id = vpc_endpoint_id

    def train(self, request: Request) -> Trained:
        """Run CreateTrainingJob. Raises SandboxError with the failure that the toolkit wrote."""
        started = time.monotonic()
        base = self._base(request["TrainingJobName"])
        s3 = self._s3(request["RoleArn"])
        channels = {channel["ChannelName"]: channel for channel in request["InputDataConfig"]}
        for name, channel in channels.items():
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            _fetch(s3, uri, base / "input" / "data" / name)
        checkpoints = base / "checkpoints"
        if "CheckpointConfig" in request:
            _fetch(s3, request["CheckpointConfig"]["S3Uri"], checkpoints, may_be_empty=True)
        _configure(base, request, channels)
        done = self._run(
            [str(_PYTHON.with_name("train"))],
            {
                "SAGEMAKER_BASE_DIR": str(base),
                "SAGEMAKER_TRAINING_MODULE": "training_toolkit:main",
                "SM_CHECKPOINT_DIR": str(checkpoints),
                "PYTHONPATH": str(ROOT / "sandbox"),
            },
        )
        if "CheckpointConfig" in request:
            _leave(s3, checkpoints, request["CheckpointConfig"]["S3Uri"])
        if done.returncode:
            failure = base / "output" / "failure"
            said = failure.read_text() if failure.exists() else done.stdout
            raise SandboxError(f"training job {request['TrainingJobName']} failed:\n{said[-2000:]}")
        packed = base / "model.tar.gz"
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(base / "model", ".")
        output = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{output}/{request['TrainingJobName']}/output/model.tar.gz"
        s3.upload_file(str(packed), *_parts(uri))
        return Trained(uri, _metrics(request, done.stdout), time.monotonic() - started, done.stdout)

    def process(self, request: Request) -> float:
        """Run CreateProcessingJob; returns its seconds. Raises SandboxError with its last words."""
        started = time.monotonic()
        base = self._base(request["ProcessingJobName"])
        s3 = self._s3(request["RoleArn"])

        def local(path: str) -> Path:
            return base / path.removeprefix(_SAGEMAKER_ROOT)

        for each in request["ProcessingInputs"]:
            _fetch(s3, each["S3Input"]["S3Uri"], local(each["S3Input"]["LocalPath"]))
        application = request["AppSpecification"]
        words = [*application["ContainerEntrypoint"], *application.get("ContainerArguments", [])]
        moved = [word.replace(_SAGEMAKER_ROOT, f"{base}/") for word in words]
        folders = ["model", "train", "test", "evaluation"]
        given = [f"--{name}={base}/processing/{name}" for name in folders]
        done = self._run(_with_arguments(moved, given), {"PATH": f"{_PYTHON.parent}:/usr/bin:/bin"})
        if done.returncode:
            name = request["ProcessingJobName"]
            raise SandboxError(f"processing job {name} failed:\n{done.stdout[-2000:]}")
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            target = output["S3Output"]
            _leave(s3, local(target["LocalPath"]), target["S3Uri"])
        return time.monotonic() - started

    def fetch(self, role_arn: str, uri: str, folder: Path) -> Path:
        """Bring one object into `folder`, under a role; returns where it is."""
        bucket, key = _parts(uri)
        target = folder / Path(key).name
        target.write_bytes(self._s3(role_arn).get_object(Bucket=bucket, Key=key)["Body"].read())
        return target

    def _base(self, job: str) -> Path:
        base = self._folder / job
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        return base

    def _s3(self, role_arn: str) -> Any:
        return s3_in_the_vpc(self._emulator, role_arn, self._vpc_endpoint_id)

    def _run(
        self, command: list[str], variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 -- our own command
            command,
            # Nothing of AWS is in a job's surroundings here: it is as isolated as its container.
            env={"PATH": os.environ["PATH"], "HOME": str(self._folder), **variables},
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _with_arguments(words: list[str], given: list[str]) -> list[str]:
    # A shell's one string of commands takes them at its end.
    return (
        [*words[:-1], f"{words[-1]} {' '.join(given)}"] if words[0] != "python3" else words + given
    )


def _configure(base: Path, request: Request, channels: Mapping[str, Any]) -> None:
    """Write what the toolkit reads: `/opt/ml/input/config`."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    for folder in ("model", "output"):
        (base / folder).mkdir()
    moved = {
        name: value.replace(_SAGEMAKER_ROOT, f"{base}/")
        for name, value in request["HyperParameters"].items()
    }
    inputs = {name: {"TrainingInputMode": "File"} for name in channels}
    # The toolkit waits until every host of the job has an address.
    host = {"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "lo"}
    documents = {"hyperparameters": moved, "inputdataconfig": inputs, "resourceconfig": host}
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document))


def _metrics(request: Request, log: str) -> dict[str, float]:
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions", [])
    found = {each["Name"]: re.findall(each["Regex"], log) for each in definitions}
    return {name: float(values[-1]) for name, values in found.items() if values}


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _fetch(s3: Any, uri: str, folder: Path, *, may_be_empty: bool = False) -> None:
    """Bring the object, or all below the prefix, into `folder`."""
    bucket, prefix = _parts(uri)
    folder.mkdir(parents=True, exist_ok=True)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    if not keys and not may_be_empty:
        raise SandboxError(f"{uri} holds nothing")
    for key in keys:
        below = key.removeprefix(prefix).lstrip("/") or Path(key).name
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _leave(s3: Any, folder: Path, uri: str) -> None:
    """Put every file of `folder` below the prefix."""
    bucket, prefix = _parts(uri)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            key = f"{prefix.rstrip('/')}/{file.relative_to(folder)}"
            s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
