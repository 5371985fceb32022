"""`make promote` and `make rollback`: which package the deployment workflow is started with."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from botocore.stub import ANY
from rich.console import Console

from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from tests.tools.account.stubs import Account
from tools.account.serving import Serving

ARN = "arn:aws:sagemaker:us-east-1:111111111111"
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:deploy"
EXECUTION = "arn:aws:states:us-east-1:111111111111:execution:deploy:1"
OUTPUTS = {"EndpointName": "flights", "StateMachineArn": MACHINE}


def package(version: int) -> str:
    return f"{ARN}:model-package/flights/{version}"


def serve(account: Account, champion: int, **second: int) -> None:
    """Let the endpoint serve versions: `challenger=2` or `shadow=2` beside the champion."""
    account.expect(
        "sagemaker",
        "describe_endpoint",
        {
            "EndpointName": "flights", "EndpointArn": f"{ARN}:endpoint/flights",
            "EndpointConfigName": "c", "EndpointStatus": "InService",
            "CreationTime": 0, "LastModifiedTime": 0,
        },
    )  # fmt: skip
    variants = [
        {"VariantName": name, "ModelName": f"model-{version}"}
        for name, version in {"champion": champion, **second}.items()
    ]
    shadows = [variant for variant in variants if variant["VariantName"] == "shadow"]
    account.expect(
        "sagemaker",
        "describe_endpoint_config",
        {
            "EndpointConfigName": "c", "EndpointConfigArn": f"{ARN}:endpoint-config/c",
            "CreationTime": 0,
            "ProductionVariants": [variant for variant in variants if variant not in shadows],
            **({"ShadowProductionVariants": shadows} if shadows else {}),
        },
    )  # fmt: skip
    for variant in variants:
        version = int(variant["ModelName"].rpartition("-")[2])
        account.expect(
            "sagemaker",
            "describe_model",
            {
                "ModelName": variant["ModelName"], "ModelArn": f"{ARN}:model/m", "CreationTime": 0,
                "PrimaryContainer": {"ModelPackageName": package(version)},
            },
            {"ModelName": variant["ModelName"]},
        )  # fmt: skip


def expect_rejection(account: Account, version: int) -> None:
    rejection = {
        "ModelPackageArn": package(version),
        "ModelApprovalStatus": "Rejected",
        "ApprovalDescription": ANY,
    }
    account.expect(
        "sagemaker", "update_model_package", {"ModelPackageArn": package(version)}, rejection
    )


def expect_versions(account: Account, *approved: int) -> None:
    summaries = [
        {
            "ModelPackageArn": package(version), "ModelPackageVersion": version,
            "ModelPackageGroupName": "flights", "ModelPackageStatus": "Completed",
            "CreationTime": 0,
        }
        for version in approved
    ]  # fmt: skip
    # Another account's group is found by its ARN only.
    group = f"{ARN}:model-package-group/flights"
    request = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved"}
    account.expect(
        "sagemaker", "list_model_packages", {"ModelPackageSummaryList": summaries}, request
    )


def expect_deployment(account: Account, version: int, *statuses: str) -> None:
    asked_for = json.dumps({"model_package_arn": package(version), "champion": True})
    account.expect(
        "stepfunctions",
        "start_execution",
        {"executionArn": EXECUTION, "startDate": 0},
        {"stateMachineArn": MACHINE, "name": ANY, "input": asked_for},
    )
    for status in statuses:
        execution = {
            "executionArn": EXECUTION, "stateMachineArn": MACHINE, "startDate": 0,
            "status": status, "cause": "no instance",
        }  # fmt: skip
        account.expect("stepfunctions", "describe_execution", execution)


def change(account: Account, method: Callable[[Serving, Steps], str]) -> str:
    """What the command prints; every expected call was made."""
    serving = Serving(account.client, OUTPUTS, poll_seconds=0)
    line = method(serving, Steps(Console(file=StringIO())))
    for stub in account.stubs.values():
        stub.assert_no_pending_responses()
    return line


@pytest.mark.parametrize("variant", ["challenger", "shadow"])
def test_promote_makes_the_second_model_the_champion(variant: str) -> None:
    account = Account()
    serve(account, 3, **{variant: 4})
    expect_deployment(account, 4, "RUNNING", "SUCCEEDED")
    assert f"serves {package(4)}" in change(account, Serving.promote)


def test_promote_without_a_second_model_changes_nothing() -> None:
    account = Account()
    serve(account, 3)
    account.client("stepfunctions")
    with pytest.raises(LocalError, match="no challenger or shadow"):
        change(account, Serving.promote)


def test_roll_back_brings_the_newest_approved_version_before_back() -> None:
    account = Account()
    serve(account, 5)
    # 4 was rejected, and 6 is approved but not deployed yet.
    expect_versions(account, 6, 5, 3, 2)
    expect_rejection(account, 5)
    expect_deployment(account, 3, "SUCCEEDED")
    line = change(account, Serving.roll_back)
    assert line == f"flights serves {package(3)}; {package(5)} is rejected."


def test_roll_back_of_a_challenger_leaves_the_champion_alone() -> None:
    account = Account()
    serve(account, 3, challenger=4)
    expect_rejection(account, 4)
    expect_deployment(account, 3, "SUCCEEDED")
    assert f"serves {package(3)}" in change(account, Serving.roll_back)


def test_roll_back_without_an_earlier_version_rejects_nothing() -> None:
    account = Account()
    serve(account, 1)
    expect_versions(account, 1)
    account.client("stepfunctions")
    with pytest.raises(LocalError, match="no approved package before version 1"):
        change(account, Serving.roll_back)


def test_a_roll_out_that_fails_is_an_error_with_its_cause() -> None:
    account = Account()
    serve(account, 3, shadow=4)
    expect_deployment(account, 4, "FAILED")
    with pytest.raises(LocalError, match="FAILED: no instance"):
        change(account, Serving.promote)


def test_a_model_of_the_template_is_changed_by_its_setting() -> None:
    outputs: dict[str, Any] = {"EndpointName": "flights"}
    with pytest.raises(LocalError, match="setting ml_endpoint"):
        Serving(Account().client, outputs)
