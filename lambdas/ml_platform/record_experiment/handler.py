"""The adapter: a training workflow has ended, so keep the run in the MLflow app."""

import json
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from mlflow.tracking import MlflowClient, set_tracking_uri

from .run import record, training_run
from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="record_experiment")
_s3, _sagemaker = boto3.client("s3"), boto3.client("sagemaker")
_states = boto3.client("stepfunctions")
_REPORT, _PLOT = "evaluation.json", ".png"
# Requests are signed for the app of the process, whatever app a client has.
set_tracking_uri(SETTINGS.tracking_uri)


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Record the execution that a `Step Functions Execution Status Change` event tells of.

    The event leaves an output of more than 248 KiB out, and says so in `outputDetails`, so the
    execution is asked for it: docs.aws.amazon.com/step-functions/latest/dg/
    eventbridge-integration.html, as quoted in github.com/cirrus-geo/cirrus-geo/issues/355 (read
    2026-11-29). Whether it also leaves out what a customer managed key encrypts was not found.
    """
    detail = event["detail"]
    execution = _states.describe_execution(executionArn=detail["executionArn"])
    output = json.loads(execution["output"])
    files = _files(output["evaluation"])
    # models/<job>/output/model.tar.gz
    job_name = output["model"].split("/")[-3]
    run = training_run(
        {
            "arn": execution["executionArn"],
            "name": execution["name"],
            "started": execution["startDate"],
            "ended": execution["stopDate"],
        },
        output,
        _sagemaker.describe_training_job(TrainingJobName=job_name),
        files,
        json.loads(files[_REPORT]),
    )
    client = MlflowClient()
    run_id = record(client, SETTINGS.experiments[detail["stateMachineArn"]], run)
    logger.info("recorded", extra={"run_id": run_id, "execution": execution["name"]})
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
