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

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.sagemaker import processing_job, training_job
from local.services.sagemaker.processing_job import local
from local.services.sagemaker.training_job import Request

VPC_ENDPOINT_HEADER = "x-sandbox-vpc-endpoint"


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
        """Run CreateTrainingJob. Raises LocalError with the failure that the toolkit wrote."""
        started = time.monotonic()
        base = self._base(request["TrainingJobName"])
        s3 = self.in_the_vpc(request["RoleArn"])
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
        s3.upload_file(str(finished.artefact), *parts(uri))
        return Trained(uri, finished.metrics, time.monotonic() - started, finished.log)

    def process(self, request: Request) -> float:
        """Run CreateProcessingJob; returns its seconds. Raises LocalError with its last words."""
        started = time.monotonic()
        base = self._base(request["ProcessingJobName"])
        s3 = self.in_the_vpc(request["RoleArn"])
        for each in request["ProcessingInputs"]:
            _fetch(s3, each["S3Input"]["S3Uri"], local(each["S3Input"]["LocalPath"], base))
        processing_job.run(request, base)
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            target = output["S3Output"]
            _leave(s3, local(target["LocalPath"], base), target["S3Uri"])
        return time.monotonic() - started

    def fetch(self, role_arn: str, uri: str, folder: Path) -> Path:
        """Bring one object into `folder`, under a role; returns where it is."""
        bucket, key = parts(uri)
        target = folder / Path(key).name
        target.write_bytes(
            self.in_the_vpc(role_arn).get_object(Bucket=bucket, Key=key)["Body"].read()
        )
        return target

    def in_the_vpc(self, role_arn: str) -> Any:
        """An S3 client as a container has it: under its role, through the VPC's endpoint."""
        return s3_in_the_vpc(self._emulator, role_arn, self._vpc_endpoint_id)

    def _base(self, job: str) -> Path:
        base = self._folder / job
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        return base


def objects(s3: Any, uri: str, *, may_be_empty: bool = False) -> list[str]:
    """The keys below a prefix. Raises LocalError if there are none and there should be."""
    bucket, prefix = parts(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    if not keys and not may_be_empty:
        raise LocalError(f"{uri} holds nothing")
    return keys


def parts(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _fetch(s3: Any, uri: str, folder: Path, *, may_be_empty: bool = False) -> None:
    """Bring the object, or all below the prefix, into `folder`."""
    bucket, prefix = parts(uri)
    folder.mkdir(parents=True, exist_ok=True)
    for key in objects(s3, uri, may_be_empty=may_be_empty):
        below = key.removeprefix(prefix).lstrip("/") or Path(key).name
        target = folder / below
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _leave(s3: Any, folder: Path, uri: str) -> None:
    """Put every file of `folder` below the prefix."""
    bucket, prefix = parts(uri)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            key = f"{prefix.rstrip('/')}/{file.relative_to(folder)}"
            s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())


def s3_in_the_vpc(emulator: Emulator, role_arn: str, vpc_endpoint_id: str) -> Any:
    """An S3 client that acts as `role_arn` from inside a VPC, through its S3 endpoint."""
    s3 = emulator.client("s3", emulator.assume(role_arn, "sagemaker"))

    def through_the_endpoint(request: Any, **_: Any) -> None:
        request.headers[VPC_ENDPOINT_HEADER] = vpc_endpoint_id

    s3.meta.events.register("before-send.s3", through_the_endpoint)
    return s3
