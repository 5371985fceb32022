"""SageMaker's jobs, run here: the request as the workflow sent it, the data from the embedded S3.

A training job runs under the toolkit of SageMaker's own containers, a processing job as its
entry point; both in `.venv-model`, in a folder laid out like `/opt/ml`. Their data is fetched and
left under the job's own role, as from inside the VPC, so what the role may not do fails here, too.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import processing_job, training_job
from sandbox.emulator import Emulator
from sandbox.endpoint import s3_in_the_vpc
from sandbox.processing_job import local
from sandbox.training_job import Request
from sandbox.workspace import SandboxError


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
        for channel in request["InputDataConfig"]:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            _fetch(s3, uri, base / "input" / "data" / channel["ChannelName"])
        checkpoints = base / "checkpoints"
        checkpoints_uri = request.get("CheckpointConfig", {}).get("S3Uri")
        if checkpoints_uri:
            _fetch(s3, checkpoints_uri, checkpoints, may_be_empty=True)
        try:
            finished = training_job.run(request, base)
        finally:
            if checkpoints_uri:
                _leave(s3, checkpoints, checkpoints_uri)
        output = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{output}/{request['TrainingJobName']}/output/model.tar.gz"
        s3.upload_file(str(finished.artefact), *_parts(uri))
        return Trained(uri, finished.metrics, time.monotonic() - started, finished.log)

    def process(self, request: Request) -> float:
        """Run CreateProcessingJob; returns its seconds. Raises SandboxError with its last words."""
        started = time.monotonic()
        base = self._base(request["ProcessingJobName"])
        s3 = self._s3(request["RoleArn"])
        for each in request["ProcessingInputs"]:
            _fetch(s3, each["S3Input"]["S3Uri"], local(each["S3Input"]["LocalPath"], base))
        processing_job.run(request, base)
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            target = output["S3Output"]
            _leave(s3, local(target["LocalPath"], base), target["S3Uri"])
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
