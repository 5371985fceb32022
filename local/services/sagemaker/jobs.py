"""SageMaker's training and processing jobs with their data: from S3, and back to it.

A training job runs under the toolkit of SageMaker's own containers, a processing job as its entry
point; both in `.venv-model`, in a folder laid out like `/opt/ml`. Data is read and written under
the job's own role, from inside the VPC, so what the role or a bucket policy denies fails here, too.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.runtime.emulator import Emulator
from local.services.s3.objects import list_keys, require_keys
from local.services.s3.uri import split_uri
from local.services.sagemaker import processing_job, training_job
from local.services.sagemaker.training_job import Request
from local.services.vpc.endpoints import s3_in_vpc


@dataclass(frozen=True)
class Trained:
    """The result of a training job."""

    model_uri: str
    metrics: dict[str, float]
    """The last value of each metric definition."""
    seconds: float
    log: str


class SageMakerJobs:
    """Runs jobs in folders below `folder`. `vpc_endpoint_id` is that of S3 in the jobs' VPC."""

    def __init__(self, emulator: Emulator, folder: Path, vpc_endpoint_id: str) -> None:
        self._emulator, self._folder = emulator, folder
        self._vpc_endpoint_id = vpc_endpoint_id

    def train(self, request: Request) -> Trained:
        """Run CreateTrainingJob. Raises LocalError with the failure that the toolkit wrote."""
        started = time.monotonic()
        base = self._base(request["TrainingJobName"])
        s3 = self.s3(request["RoleArn"])
        for channel in request["InputDataConfig"]:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            keys = require_keys(s3, uri)
            _download(s3, uri, keys, base / "input" / "data" / channel["ChannelName"])
        checkpoints = base / "checkpoints"
        checkpoints_uri = request.get("CheckpointConfig", {}).get("S3Uri")
        if checkpoints_uri:
            keys = list_keys(s3, *split_uri(checkpoints_uri))
            _download(s3, checkpoints_uri, keys, checkpoints)
        try:
            finished = training_job.run(request, base)
        finally:
            if checkpoints_uri:
                _upload(s3, checkpoints, checkpoints_uri)
        output = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{output}/{request['TrainingJobName']}/output/model.tar.gz"
        s3.upload_file(str(finished.artefact), *split_uri(uri))
        return Trained(uri, finished.metrics, time.monotonic() - started, finished.log)

    def process(self, request: Request) -> None:
        """Run CreateProcessingJob. Raises LocalError with the end of its log."""
        base = self._base(request["ProcessingJobName"])
        s3 = self.s3(request["RoleArn"])
        for processing_input in request["ProcessingInputs"]:
            source = processing_input["S3Input"]
            folder = processing_job.local_folder(source["LocalPath"], base)
            _download(s3, source["S3Uri"], require_keys(s3, source["S3Uri"]), folder)
        processing_job.run(request, base)
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            target = output["S3Output"]
            folder = processing_job.local_folder(target["LocalPath"], base)
            _upload(s3, folder, target["S3Uri"])

    def fetch(self, role_arn: str, uri: str, folder: Path) -> Path:
        """Download one object into `folder`, under a role; returns its path."""
        bucket, key = split_uri(uri)
        path = folder / Path(key).name
        path.write_bytes(self.s3(role_arn).get_object(Bucket=bucket, Key=key)["Body"].read())
        return path

    def s3(self, role_arn: str) -> Any:
        """An S3 client as a container has it: under its role, through the VPC's endpoint."""
        return s3_in_vpc(self._emulator, role_arn, self._vpc_endpoint_id)

    def _base(self, job_name: str) -> Path:
        base = self._folder / job_name
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        return base


def _download(s3: Any, uri: str, keys: list[str], folder: Path) -> None:
    """Write the objects `keys`, which are at or below `uri`, to `folder`."""
    bucket, prefix = split_uri(uri)
    folder.mkdir(parents=True, exist_ok=True)
    for key in keys:
        path = folder / (key.removeprefix(prefix).lstrip("/") or Path(key).name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _upload(s3: Any, folder: Path, uri: str) -> None:
    """Put every file of `folder` below the prefix `uri`."""
    bucket, prefix = split_uri(uri)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            key = f"{prefix.rstrip('/')}/{path.relative_to(folder)}"
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
