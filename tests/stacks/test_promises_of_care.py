"""What every architecture promises beside `test_promises.py`: who is kept out, and what is left.

A promise that is not kept today is marked with what is missing; mending it fails here until the
mark is taken away.
"""

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


def test_a_stack_that_keeps_data_is_protected_from_being_deleted(
    environment: str, tmp_path: Path
) -> None:
    app = make_app({"env": environment}, tmp_path)
    stacks = [child for child in app.node.children if isinstance(child, Stack)]
    assert stacks
    for stack in stacks:
        assert stack.termination_protection is ENVIRONMENTS[environment].keep_data


def test_buckets_refuse_what_is_older_than_tls_1_2_for_every_action_and_object(
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
                continue  # about where from, and tested with the platform's buckets
            assert (statement["Action"], statement["Principal"]) == ("s3:*", {"AWS": "*"}), path
            assert statement["Resource"] == [f"{bucket}.Arn}}", f"{bucket}.Arn}}/*"], path


def test_everything_that_is_encrypted_is_under_the_key_of_its_own_architecture(
    templates: list[Template],
) -> None:
    kinds = ["S3::Bucket", "Kinesis::Stream", "Logs::LogGroup", "SNS::Topic", "SQS::Queue"]
    for kind in kinds:
        for path, properties in of_type(templates, f"AWS::{kind}"):
            if path.endswith("AccessLogs"):
                continue  # S3's log delivery cannot write under a key of ours
            used = flat(properties)
            # The platform's key is in MlNetwork, and its other stacks import it.
            assert "{Key.Arn}" in used or "MlNetwork:ExportsOutputFnGetAttKey" in used, path


def test_nobody_outside_the_account_is_named_by_a_policy(templates: list[Template]) -> None:
    for kind in ("S3::BucketPolicy", "SNS::TopicPolicy", "SQS::QueuePolicy"):
        for path, policy in of_type(templates, f"AWS::{kind}"):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] not in ("*", {"AWS": "*"}), path


# EventBridge publishes to SNS without saying for whom: a condition would drop every notice.
FOR_NOBODY_NAMED = "events.amazonaws.com"


def test_services_use_keys_topics_and_queues_for_this_account_only(
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
    assert {role[:2] for role in unguarded} == {
        ("KMS::Key", FOR_NOBODY_NAMED),
        ("SNS::TopicPolicy", FOR_NOBODY_NAMED),
    }


def test_nothing_stays_behind_where_no_data_is_kept(synthesise: Templates) -> None:
    for environment in ENVIRONMENTS.values():
        if environment.keep_data:
            continue
        for template in synthesise(environment.name).values():
            unprotected = [
                logical_id
                for logical_id, resource in template["Resources"].items()
                if resource.get("DeletionPolicy", "Delete") != "Delete"
            ]
            assert not unprotected, environment.name


def test_what_expires_in_a_versioned_bucket_is_really_deleted(templates: list[Template]) -> None:
    for path, bucket in of_type(templates, "AWS::S3::Bucket"):
        rules = bucket["LifecycleConfiguration"]["Rules"]
        everywhere = [rule for rule in rules if "Prefix" not in rule]
        assert any("NoncurrentVersionExpiration" in rule for rule in everywhere), path
