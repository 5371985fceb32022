"""`make destroy`: what workflows and services made goes with the stacks, or is named."""

import time
from types import SimpleNamespace

import pytest

from tests.tools.account.stubs import Account
from tools.account.destroy import destroy
from tools.account.remains import Remain

GROUP = "/aws/lambda/fn-1"
PACKAGE = "arn:aws:sagemaker:us-east-1:111111111111:model-package/flights/1"
GROUP_ARN = "arn:aws:sagemaker:us-east-1:111111111111:model-package-group/flights"
MADE = [
    f"model package {PACKAGE}",
    "endpoint flights",
    "endpoint configuration config-1",
    "model model-1",
]


@pytest.fixture
def account() -> Account:
    """A stack with a model package group, a function and an endpoint that a workflow made."""
    account = Account()
    resources = {
        "AWS::SageMaker::ModelPackageGroup": GROUP_ARN,
        "AWS::Lambda::Function": "fn-1",
    }  # fmt: skip
    output = {"OutputKey": "EndpointName", "OutputValue": "flights"}
    stack = {
        "StackName": "S", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", "Outputs": [output]
    }  # fmt: skip
    summaries = [
        {
            "LogicalResourceId": "R", "ResourceType": kind, "PhysicalResourceId": physical_id,
            "LastUpdatedTimestamp": 0, "ResourceStatus": "CREATE_COMPLETE",
        }
        for kind, physical_id in resources.items()
    ]  # fmt: skip
    account.expect("cloudformation", "describe_stacks", {"Stacks": [stack]})
    account.expect("cloudformation", "list_stack_resources", {"StackResourceSummaries": summaries})
    package = {
        "ModelPackageArn": PACKAGE, "CreationTime": 0, "ModelPackageStatus": "Completed",
        "ModelPackageGroupName": "flights",
    }  # fmt: skip
    account.expect("sagemaker", "list_model_packages", {"ModelPackageSummaryList": [package]})
    arn = "arn:aws:sagemaker:us-east-1:111111111111:endpoint/flights"
    account.expect(
        "sagemaker",
        "describe_endpoint",
        {
            "EndpointName": "flights", "EndpointArn": arn, "EndpointConfigName": "config-1",
            "EndpointStatus": "InService", "CreationTime": 0, "LastModifiedTime": 0,
        },
    )  # fmt: skip
    account.expect(
        "sagemaker",
        "describe_endpoint_config",
        {
            "EndpointConfigName": "config-1",
            "EndpointConfigArn": arn.replace("endpoint/", "endpoint-config/"),
            "CreationTime": 0,
            "ProductionVariants": [{"VariantName": "champion", "ModelName": "model-1"}],
        },
    )
    return account


def expect_log_groups(account: Account) -> None:
    # One answer a prefix: the function's, and the endpoint's.
    for names in ([GROUP], []):
        groups = [{"logGroupName": name} for name in names]
        account.expect("logs", "describe_log_groups", {"logGroups": groups})


def run(account: Account, *, keep_data: bool, answer: bool = True) -> tuple[list[str], list[str]]:
    """The printed lines, and what was asked about; every expected call was made."""
    asked: list[Remain] = []
    destroyed: list[bool] = []

    def confirm(made: list[Remain]) -> bool:
        asked.extend(made)
        return answer

    def cdk_destroy() -> bool:
        destroyed.append(True)
        return True

    lines = list(destroy(account.client, ["S"], cdk_destroy, keep_data=keep_data, confirm=confirm))
    for stub in account.stubs.values():
        stub.assert_no_pending_responses()
    assert bool(destroyed) == answer
    return lines, [f"{remain.kind} {remain.name}" for remain in asked]


def test_everything_goes_with_the_stacks(account: Account) -> None:
    for operation in ("delete_model_package", "delete_endpoint"):
        account.expect("sagemaker", operation, {})
    # Gone meanwhile: no error.
    account.expect("sagemaker", "delete_endpoint_config", "ValidationException")
    account.expect("sagemaker", "delete_model", {})
    expect_log_groups(account)
    account.expect("logs", "delete_log_group", {})
    lines, asked = run(account, keep_data=False)
    assert asked == MADE
    deleted = [line for line in lines if line.startswith("deleted: ")]
    assert deleted == [*(f"deleted: {name}" for name in MADE), f"deleted: log group {GROUP}"]


def test_a_no_changes_nothing(account: Account) -> None:
    lines, _ = run(account, keep_data=False, answer=False)
    assert lines == ["Nothing was changed."]


def test_where_data_are_kept_the_command_is_named(account: Account) -> None:
    expect_log_groups(account)
    lines, asked = run(account, keep_data=True)
    assert asked == []
    command = f"aws logs delete-log-group --log-group-name {GROUP}"
    assert f"left: log group {GROUP}: {command}" in lines
    command = "aws sagemaker delete-endpoint --endpoint-name flights"
    assert f"left: endpoint flights: {command}" in lines
    assert not any(line.startswith("deleted") for line in lines)


def test_a_failed_destroy_is_an_error() -> None:
    account = Account()
    account.expect("cloudformation", "describe_stacks", "ValidationError")
    lines = destroy(account.client, ["S"], lambda: False, keep_data=False, confirm=lambda _: True)
    with pytest.raises(RuntimeError, match="cdk destroy failed"):
        list(lines)


def test_termination_protection_stops_it_before_anything_changes() -> None:
    account = Account()
    protected = {
        "StackName": "S", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE",
        "EnableTerminationProtection": True,
    }  # fmt: skip
    account.expect("cloudformation", "describe_stacks", {"Stacks": [protected]})
    account.expect("cloudformation", "list_stack_resources", {"StackResourceSummaries": []})

    def never(*_: object) -> bool:
        raise AssertionError("the user was asked, or the CDK called")

    lines = destroy(account.client, ["S"], never, keep_data=True, confirm=never)
    with pytest.raises(RuntimeError, match="--stack-name S"):
        list(lines)


def test_a_table_bucket_that_a_channel_filled_is_emptied_and_deleted() -> None:
    account, arn = Account(), "arn:aws:s3tables:us-east-1:111111111111:bucket/tables"
    stack = {"StackName": "S", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    summaries = [
        {
            "LogicalResourceId": f"R{number}", "ResourceType": "AWS::S3Tables::TableBucket",
            "PhysicalResourceId": physical_id, "LastUpdatedTimestamp": 0,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for number, physical_id in enumerate([f"{arn}-gone", arn])
    ]  # fmt: skip
    account.expect("cloudformation", "describe_stacks", {"Stacks": [stack]})
    account.expect("cloudformation", "list_stack_resources", {"StackResourceSummaries": summaries})
    origin = {"createdAt": 0, "createdBy": "111111111111", "ownerAccountId": "111111111111"}
    bucket = {"arn": arn, "name": "tables", "ownerAccountId": "111111111111", "createdAt": 0}
    account.expect("s3tables", "get_table_bucket", "NotFoundException")
    account.expect("s3tables", "get_table_bucket", bucket)
    account.expect(
        "s3tables", "list_namespaces", {"namespaces": [{"namespace": ["streaminglake"], **origin}]}
    )
    table = {
        "namespace": ["streaminglake"], "name": "flights_appended", "type": "customer",
        "tableARN": f"{arn}/table/1", "createdAt": 0, "modifiedAt": 0,
    }  # fmt: skip
    account.expect("s3tables", "list_tables", {"tables": [table]})
    for operation in ("delete_table", "delete_namespace", "delete_table_bucket"):
        account.expect("s3tables", operation, {})
    lines, _ = run(account, keep_data=False)
    assert [line for line in lines if line.startswith("deleted: ")] == [
        "deleted: table streaminglake.flights_appended",
        "deleted: namespace streaminglake",
        f"deleted: table bucket {arn}",
    ]


def test_spaces_go_before_their_domain_once_their_apps_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    # Its own, and not everybody's: other threads wait, too.
    clock = SimpleNamespace(sleep=waits.append, monotonic=time.monotonic)
    monkeypatch.setattr("tools.account.remains.time", clock)
    account = Account()
    stack = {"StackName": "S", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    summaries = [
        {
            "LogicalResourceId": f"R{number}", "ResourceType": f"AWS::SageMaker::{kind}",
            "PhysicalResourceId": physical_id, "LastUpdatedTimestamp": 0,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for number, (kind, physical_id) in enumerate(
            [("Domain", "d-1"), ("UserProfile", "ada|d-1")]
        )
    ]  # fmt: skip
    account.expect("cloudformation", "describe_stacks", {"Stacks": [stack]})
    account.expect("cloudformation", "list_stack_resources", {"StackResourceSummaries": summaries})
    apps = [
        {"DomainId": "d-1", "SpaceName": "work", "AppType": "JupyterLab", "AppName": name}
        | {"Status": status}
        for name, status in (("default", "InService"), ("old", "Deleted"))
    ]
    account.expect("sagemaker", "list_apps", {"Apps": apps})
    account.expect("sagemaker", "list_spaces", {"Spaces": [{"SpaceName": "work"}]})
    profiles = [{"DomainId": "d-1", "UserProfileName": name} for name in ("ada", "guest")]
    account.expect("sagemaker", "list_user_profiles", {"UserProfiles": profiles})
    app = {"DomainId": "d-1", "SpaceName": "work", "AppType": "JupyterLab", "AppName": "default"}
    account.expect("sagemaker", "delete_app", {}, app)
    account.expect("sagemaker", "delete_space", "ResourceInUse")
    account.expect("sagemaker", "delete_space", {}, {"DomainId": "d-1", "SpaceName": "work"})
    # That of the stack goes with it.
    account.expect(
        "sagemaker", "delete_user_profile", {}, {"DomainId": "d-1", "UserProfileName": "guest"}
    )
    lines, asked = run(account, keep_data=False)
    assert asked == ["app default", "space work", "profile guest"]
    assert [line for line in lines if line.startswith("deleted: ")] == [
        f"deleted: {name}" for name in asked
    ]
    assert len(waits) == 1
