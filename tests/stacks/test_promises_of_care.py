"""More rules for every stack, beside `test_promises.py`: outside access and deletion of data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack

from stacks.catalogue import ENVIRONMENTS, make_app
from tests.conftest import Templates, flat, readable, resources

Template = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def templates(synthesise: Templates, environment: str) -> list[Template]:
    return list(synthesise(environment).values())


def of_type(templates: list[Template], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in templates:
        for path, resource in resources(template, kind).items():
            yield path, readable(template, resource.get("Properties", {}))


def test_a_stack_that_keeps_data_has_termination_protection(
    environment: str, tmp_path: Path
) -> None:
    app = make_app({"env": environment}, tmp_path)
    stacks = [child for child in app.node.children if isinstance(child, Stack)]
    assert stacks
    for stack in stacks:
        assert stack.termination_protection is ENVIRONMENTS[environment].keep_data


def test_buckets_deny_every_request_below_tls_1_2(
    templates: list[Template],
) -> None:
    for path, policy in of_type(templates, "AWS::S3::BucketPolicy"):
        denied = [
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        conditions = [statement["Condition"] for statement in denied]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions, path
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions, path
        bucket = policy["Bucket"].removesuffix("}")
        for statement in denied:
            if statement.get("Sid") == "OnlyFromTheVpc":
                continue  # test_training.py tests this statement
            assert (statement["Action"], statement["Principal"]) == ("s3:*", {"AWS": "*"}), path
            assert statement["Resource"] == [f"{bucket}.Arn}}", f"{bucket}.Arn}}/*"], path


def test_resources_are_encrypted_with_the_key_of_their_architecture(
    templates: list[Template],
) -> None:
    kinds = ["S3::Bucket", "Kinesis::Stream", "Logs::LogGroup", "SNS::Topic", "SQS::Queue"]
    for kind in kinds:
        for path, properties in of_type(templates, f"AWS::{kind}"):
            if path.endswith("AccessLogs"):
                continue  # S3 log delivery cannot use a customer managed key
            text = flat(properties)
            # The ML platform's key is in MlNetwork, and its other stacks import it.
            assert "{Key.Arn}" in text or "MlNetwork:ExportsOutputFnGetAttKey" in text, path


def test_no_resource_policy_allows_every_principal(templates: list[Template]) -> None:
    for kind in ("S3::BucketPolicy", "SNS::TopicPolicy", "SQS::QueuePolicy"):
        for path, policy in of_type(templates, f"AWS::{kind}"):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] not in ("*", {"AWS": "*"}), path


# EventBridge publishes to SNS without a source account: a condition would block every message.
SERVICE_WITHOUT_CONDITION = "events.amazonaws.com"


def test_resource_policies_limit_services_to_this_account(
    templates: list[Template],
) -> None:
    unguarded = []
    policies = [("KMS::Key", "KeyPolicy"), ("SNS::TopicPolicy", "PolicyDocument")]
    policies += [("SQS::QueuePolicy", "PolicyDocument"), ("S3::BucketPolicy", "PolicyDocument")]
    for kind, document in policies:
        for path, properties in of_type(templates, f"AWS::{kind}"):
            for statement in properties[document]["Statement"]:
                if "Service" not in statement.get("Principal", {}) or statement["Effect"] == "Deny":
                    continue
                condition = flat(statement.get("Condition", {}))
                if not any(key in condition for key in ("SourceAccount", "SourceArn", "logs:arn")):
                    unguarded.append((kind, statement["Principal"]["Service"], path))
    assert {(kind, service) for kind, service, _ in unguarded} == {
        ("KMS::Key", SERVICE_WITHOUT_CONDITION),
        ("SNS::TopicPolicy", SERVICE_WITHOUT_CONDITION),
    }


def test_environments_that_keep_no_data_delete_every_resource(synthesise: Templates) -> None:
    for environment in ENVIRONMENTS.values():
        if environment.keep_data:
            continue
        for template in synthesise(environment.name).values():
            retained = [
                logical_id
                for logical_id, resource in template["Resources"].items()
                if resource.get("DeletionPolicy", "Delete") != "Delete"
            ]
            assert not retained, environment.name


def test_every_function_logs_to_a_group_of_its_stack(templates: list[Template]) -> None:
    """Lambda's own group never expires, is under no key of ours and outlives the stack."""
    for template in templates:
        groups = {f"{{{path}}}" for path in resources(template, "AWS::Logs::LogGroup")}
        for path, function in resources(template, "AWS::Lambda::Function").items():
            group = readable(template, function["Properties"]["LoggingConfig"]["LogGroup"])
            assert group in groups, path


def test_every_bucket_deletes_noncurrent_versions(templates: list[Template]) -> None:
    for path, bucket in of_type(templates, "AWS::S3::Bucket"):
        rules = bucket["LifecycleConfiguration"]["Rules"]
        bucket_wide = [rule for rule in rules if "Prefix" not in rule]
        assert any("NoncurrentVersionExpiration" in rule for rule in bucket_wide), path


def test_a_work_group_that_has_been_queried_can_be_deleted(templates: list[Template]) -> None:
    """Athena deletes no group with queries in its history, unless it is told to.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteWorkGroup.html
    """
    groups = list(of_type(templates, "AWS::Athena::WorkGroup"))
    assert groups
    for path, properties in groups:
        assert properties["RecursiveDeleteOption"] is True, path
