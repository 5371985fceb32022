"""The model registry of the local AWS: what a change of a package's approval changes."""

import json

import pytest

from local.services.sagemaker.model_registry import ModelRegistry
from local.services.sagemaker.resources import Resources
from local.services.task import Arguments, StandIn, TaskError

GROUP = {"ModelPackageGroupName": "flight-delay"}
NEWEST = {**GROUP, "ModelApprovalStatus": "Approved", "MaxResults": 1}


def registry() -> tuple[ModelRegistry, dict[str, StandIn]]:
    model_registry = ModelRegistry(Resources())
    return model_registry, model_registry.table()


def register(table: dict[str, StandIn]) -> str:
    answer: Arguments = table["sagemaker:createModelPackage"](
        {**GROUP, "ModelApprovalStatus": "Approved"}
    )
    return str(answer["ModelPackageArn"])


def test_the_newest_approved_package_is_the_one_before_a_rejected_one() -> None:
    model_registry, table = registry()
    first, second = register(table), register(table)
    model_registry.take_events()
    table["sagemaker:updateModelPackage"](
        {"ModelPackageArn": second, "ModelApprovalStatus": "Rejected"}
    )
    listed = table["sagemaker:listModelPackages"](NEWEST)
    assert listed == {"ModelPackageSummaryList": [{"ModelPackageArn": first}]}
    (event,) = model_registry.take_events()
    detail = json.loads(event["Detail"])
    assert (detail["ModelPackageArn"], detail["ModelApprovalStatus"]) == (second, "Rejected")


def test_a_package_that_does_not_exist_cannot_be_changed() -> None:
    _, table = registry()
    with pytest.raises(TaskError, match="does not exist"):
        table["sagemaker:updateModelPackage"](
            {"ModelPackageArn": "arn:nothing", "ModelApprovalStatus": "Rejected"}
        )
