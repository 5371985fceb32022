"""An execution of the SageMaker pipeline, as the AWS APIs tell of it."""

import io
import json
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.runtime.emulator import Emulator

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class PipelineExecution:
    """How an execution ended."""

    status: str
    reason: str
    """Why it failed; empty if it did not."""
    steps: dict[str, dict[str, Any]]
    """Name -> what ListPipelineExecutionSteps says of it, oldest first."""
    id: str

    def report(self, s3: Any, bucket: str) -> dict[str, Any]:
        """The report of its evaluation."""
        key = f"evaluation/{self.id}/evaluation.json"
        report: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return report

    def model(self, s3: Any, bucket: str) -> bytes:
        """The booster that its training job wrote."""
        job = self.steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
        return booster(s3, bucket, f"models/{job}/output/model.tar.gz")


def booster(s3: Any, bucket: str, key: str) -> bytes:
    """The file `model.ubj` of a training job's artefact."""
    artefact = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(artefact)) as archive:
        for member in archive:
            if Path(member.name).name == "model.ubj" and (file := archive.extractfile(member)):
                return file.read()
    raise LookupError(f"s3://{bucket}/{key} holds no file model.ubj")


def execute(emulator: Emulator, pipeline: str, parameters: dict[str, str]) -> PipelineExecution:
    """Start an execution and wait until it has ended."""
    sagemaker = emulator.client("sagemaker")
    arn = sagemaker.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
    )["PipelineExecutionArn"]
    while True:
        execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if execution["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            break
        time.sleep(_POLL_SECONDS)
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return PipelineExecution(
        execution["PipelineExecutionStatus"],
        execution.get("FailureReason", ""),
        {step["StepName"]: step for step in reversed(steps["PipelineExecutionSteps"])},
        arn.rpartition("/")[2],
    )
