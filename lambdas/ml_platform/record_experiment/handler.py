"""The adapter: a training workflow has ended, so keep the run in the MLflow app."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from mlflow.tracking import MlflowClient

from .run import record, training_run
from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="record_experiment")
_s3, _sagemaker = boto3.client("s3"), boto3.client("sagemaker")
_REPORT, _PLOT = "evaluation.json", ".png"


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Record the execution that a `Step Functions Execution Status Change` event tells of."""
    detail = event["detail"]
    output = json.loads(detail["output"])
    files = _files(output["evaluation"])
    # models/<job>/output/model.tar.gz
    job_name = output["model"].split("/")[-3]
    run = training_run(
        {
            "arn": detail["executionArn"],
            "name": detail["name"],
            "started": _time(detail["startDate"]),
            "ended": _time(detail["stopDate"]),
        },
        output,
        _sagemaker.describe_training_job(TrainingJobName=job_name),
        files,
        json.loads(files[_REPORT]),
    )
    client = MlflowClient(tracking_uri=SETTINGS.tracking_uri)
    run_id = record(client, SETTINGS.experiments[detail["stateMachineArn"]], run)
    logger.info("recorded", extra={"run_id": run_id, "execution": detail["name"]})
    return {"run_id": run_id}


def _files(uri: str) -> dict[str, bytes]:
    """The report and the plots in the folder of an evaluation."""
    bucket = SETTINGS.bucket_name
    prefix = uri.removeprefix(f"s3://{bucket}/")
    objects = _s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return {
        name: _s3.get_object(Bucket=bucket, Key=f"{prefix}{name}")["Body"].read()
        for name in (entry["Key"].removeprefix(prefix) for entry in objects)
        if name == _REPORT or name.endswith(_PLOT)
    }


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
