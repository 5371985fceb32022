"""The adapter: each day, publish the age of the newest model that the gate let into the registry.

An alarm looks back for seven days at most, so one on missing trainings could not wait for longer:
docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, `Period`, read on
2026-11-29. An age is there every day.
"""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="measure_model_age")
_sagemaker, _cloudwatch = boto3.client("sagemaker"), boto3.client("cloudwatch")
_NAMESPACE = "MlPlatform"


def handler(event: dict[str, Any], _context: Any) -> float:
    """Publish and return the age in days, at the time of the schedule's event."""
    now = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
    group = SETTINGS.model_package_group_name
    newest = _sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    if newest:
        since = newest[0]["CreationTime"]
    else:  # a platform without a model is as old as its registry
        since = _sagemaker.describe_model_package_group(ModelPackageGroupName=group)["CreationTime"]
    days: float = (now - since).total_seconds() / 86400
    _cloudwatch.put_metric_data(
        Namespace=_NAMESPACE,
        MetricData=[
            {
                "MetricName": "ModelAge",
                "Value": days,
                "Dimensions": [{"Name": "ModelPackageGroupName", "Value": group}],
            }
        ],
    )
    logger.info("measured", extra={"days": round(days, 2), "registered": bool(newest)})
    return days
