"""The age of the newest model, or of the registry while there is none."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GROUP = {"ModelPackageGroupName": "flight-delay"}
EVENT = {"time": "2026-11-20T12:00:00Z"}
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package"
NEWEST = {**GROUP, "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "MODEL_PACKAGE_GROUP_NAME": "flight-delay",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        module = importlib.import_module("lambdas.ml_platform.measure_model_age.handler")
        yield importlib.reload(module)


def package(created: datetime) -> dict[str, Any]:
    return {
        "ModelPackageArn": f"{ARN}/flight-delay/7",
        "CreationTime": created,
        "ModelPackageStatus": "Completed",
    }


def published() -> float:
    """The one value of the metric."""
    (datum,) = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="MlPlatform",
        MetricName="ModelAge",
        Dimensions=[{"Name": "ModelPackageGroupName", "Value": "flight-delay"}],
        StartTime=datetime.now(UTC) - timedelta(hours=1),
        EndTime=datetime.now(UTC) + timedelta(hours=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return float(datum["Maximum"])


def test_the_age_is_of_the_newest_model(function: Any) -> None:
    with Stubber(function._sagemaker) as stub:
        newest = {"ModelPackageSummaryList": [package(NOW - timedelta(days=3, hours=12))]}
        stub.add_response("list_model_packages", newest, NEWEST)
        assert function.handler(EVENT, None) == 3.5
    assert published() == 3.5


def test_without_a_model_the_age_is_of_the_registry(function: Any) -> None:
    with Stubber(function._sagemaker) as stub:
        stub.add_response("list_model_packages", {"ModelPackageSummaryList": []}, NEWEST)
        group = {
            **GROUP,
            "ModelPackageGroupArn": f"{ARN}-group/flight-delay",
            "CreationTime": NOW - timedelta(days=20),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
        }
        stub.add_response("describe_model_package_group", group, GROUP)
        assert function.handler(EVENT, None) == 20
    assert published() == 20
