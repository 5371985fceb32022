"""The small app with one defect at a time: the gate names the rule and the construct."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from stacks.shared import gate
from stacks.shared.gate import native
from tests.stacks.shared.gate.planted import planted_defects
from tests.stacks.shared.gate.small_app import refusal, resource, small_app

Change = Callable[[Any], object]
NAG, ENGINE = "AwsSolutions::AwsSolutions-", "CloudFormation-Validate::"
CLOSED = "Closed-Services::"
S3 = "ExtendedS3DestinationConfiguration"
GROUP = "WorkGroupConfiguration"
VARIANT = "ProductionVariants.0"
MANAGED = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
STEP = '{"Type":"Task","Arguments":{"ResourceConfig":{"InstanceType":"ml.p3.2xlarge"}},"End":true}'
CALL = '{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:frauddetector:getEventPrediction"}'


def set_property(name: str, value: Any) -> Change:
    """Change the template, which CloudFormation's validation reads."""
    return lambda target: target.add_property_override(name, value)


def delete_property(name: str) -> Change:
    return lambda target: target.add_property_deletion_override(name)


def set_attribute(name: str, value: Any = None) -> Change:
    """Change the construct, which cdk-nag reads."""
    return lambda target: setattr(target, name, value)


def policy(action: str, resource_arn: str) -> Change:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource_arn}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return set_attribute("policies", [{"policyName": "Planted", "policyDocument": document}])


def state_machine(state: str) -> Change:
    return set_property("DefinitionString", f'{{"StartAt":"A","States":{{"A":{state}}}}}')


# The resource, the change to it, and the rule that must report it there: cdk-nag's rules, then
# those of CloudFormation's validation, the project's own, and the list of closed services.
DEFECTS: list[tuple[str, Change, str]] = [
    ("Key", set_attribute("enable_key_rotation", False), f"{NAG}KMS5"),
    ("Bucket", set_attribute("logging_configuration"), f"{NAG}S1"),
    ("Stream", set_attribute("stream_encryption"), f"{NAG}KDS1"),
    ("Plain", set_attribute("delivery_stream_encryption_configuration_input"), f"{NAG}KDF1"),
    ("Job", set_attribute("security_configuration"), f"{NAG}GL1"),
    ("Crawler", set_attribute("crawler_security_configuration"), f"{NAG}GL1"),
    ("Topic", set_attribute("kms_master_key_id"), f"{NAG}SNS3"),
    ("Queue", set_attribute("redrive_policy"), f"{NAG}SQS3"),
    ("Machine", set_attribute("tracing_configuration"), f"{NAG}SF2"),
    ("Machine", set_attribute("logging_configuration"), f"{NAG}SF1"),
    ("Function", set_attribute("runtime", "python3.12"), f"{NAG}L1"),
    ("Role", policy("s3:*", "arn:aws:s3:::lake"), f"{NAG}IAM5[Action::s3:*]"),
    ("Role", policy("kinesis:PutRecord", "*"), f"{NAG}IAM5[Resource::*]"),
    ("Role", set_attribute("managed_policy_arns", [MANAGED]), f"{NAG}IAM4[Policy::{MANAGED}]"),
    ("Function", set_property("Runtime", "pyton3.13"), f"{ENGINE}W3030"),
    ("Function", set_property("Runtime", "python3.8"), f"{ENGINE}W2531"),
    ("Function", set_property("Colour", "blue"), f"{ENGINE}F3002"),
    ("Function", set_property("MemorySize", 5), f"{ENGINE}F3034"),
    ("Topic", set_property("Tags", "lake"), f"{ENGINE}F3012"),
    ("Config", set_property(f"{VARIANT}.InstanceType", "ml.m5.huge"), f"{ENGINE}W3030"),
    ("Job", set_property("WorkerType", "G.99X"), f"{ENGINE}W3030"),
    ("Stream", set_property("ShardCount", "one"), f"{ENGINE}F3012"),
    ("Machine", state_machine('{"Type":"Tusk","End":true}'), f"{ENGINE}E3601"),
    ("Logs", lambda logs: logs.add_override("DependsOn", ["Nobody"]), f"{ENGINE}E3005"),
    ("Key", set_property("EnableKeyRotation", False), f"{ENGINE}KEY_ROTATES"),
    ("Bucket", delete_property("BucketEncryption"), f"{ENGINE}BUCKET_ENCRYPTED"),
    ("Bucket", delete_property("VersioningConfiguration"), f"{ENGINE}BUCKET_VERSIONED"),
    ("Bucket", delete_property("PublicAccessBlockConfiguration"), f"{ENGINE}BUCKET_PRIVATE"),
    ("Stream", delete_property("StreamEncryption"), f"{ENGINE}STREAM_ENCRYPTED"),
    ("Logs", delete_property("KmsKeyId"), f"{ENGINE}LOGS_ENCRYPTED"),
    ("Logs", delete_property("RetentionInDays"), f"{ENGINE}LOGS_EXPIRE"),
    ("Topic", delete_property("KmsMasterKeyId"), f"{ENGINE}TOPIC_ENCRYPTED"),
    ("Queue", delete_property("KmsMasterKeyId"), f"{ENGINE}QUEUE_ENCRYPTED"),
    (
        "Parquet",
        set_property(f"{S3}.BufferingHints.SizeInMBs", 5),
        f"{ENGINE}FIREHOSE_PARQUET_BUFFER",
    ),
    (
        "Parquet",
        set_property(f"{S3}.CompressionFormat", "GZIP"),
        f"{ENGINE}FIREHOSE_PARQUET_COMPRESSION",
    ),
    ("Plain", delete_property(f"{S3}.EncryptionConfiguration"), f"{ENGINE}FIREHOSE_KEY"),
    ("Plain", delete_property(f"{S3}.ErrorOutputPrefix"), f"{ENGINE}FIREHOSE_ERROR_PREFIX"),
    ("Job", set_property("GlueVersion", "9.9"), f"{ENGINE}GLUE_VERSION"),
    ("Job", set_property("GlueVersion", "4.0"), f"{ENGINE}GLUE_VERSION"),
    ("Job", delete_property("GlueVersion"), f"{ENGINE}GLUE_VERSION"),
    ("Job", delete_property("SecurityConfiguration"), f"{ENGINE}JOB_SECURITY"),
    ("Trigger", set_property("Schedule", "cron(0 3 * * *)"), f"{ENGINE}GLUE_TRIGGER_CRON"),
    (
        "Crawler",
        set_property("Schedule.ScheduleExpression", "cron(0 3 * * *)"),
        f"{ENGINE}GLUE_CRAWLER_CRON",
    ),
    ("Crawler", delete_property("CrawlerSecurityConfiguration"), f"{ENGINE}GLUE_CRAWLER_SECURITY"),
    (
        "Readers",
        set_property(f"{GROUP}.EnforceWorkGroupConfiguration", False),
        f"{ENGINE}ATHENA_ENFORCED",
    ),
    ("Readers", delete_property(f"{GROUP}.ResultConfiguration"), f"{ENGINE}ATHENA_KEY"),
    ("Readers", delete_property(f"{GROUP}.BytesScannedCutoffPerQuery"), f"{ENGINE}ATHENA_CUTOFF"),
    ("Model", set_property("EnableNetworkIsolation", False), f"{ENGINE}MODEL_ISOLATED"),
    ("Model", delete_property("VpcConfig"), f"{ENGINE}MODEL_IN_VPC"),
    ("Config", delete_property("KmsKeyId"), f"{ENGINE}ENDPOINT_KEY"),
    ("Config", delete_property("DataCaptureConfig.KmsKeyId"), f"{ENGINE}DATA_CAPTURE_KEY"),
    ("Function", set_property("Runtime", "python3.11"), f"{CLOSED}LAMBDA_RUNTIME"),
    ("Job", set_property("Command.Name", "glueray"), f"{CLOSED}GLUE_RAY"),
    ("Config", set_property(f"{VARIANT}.InstanceType", "ml.p2.xlarge"), f"{CLOSED}INSTANCE_FAMILY"),
    (
        "Config",
        set_property(f"{VARIANT}.AcceleratorType", "ml.eia2.large"),
        f"{CLOSED}ELASTIC_INFERENCE",
    ),
    ("Machine", state_machine(STEP), f"{CLOSED}INSTANCE_FAMILY"),
    ("Machine", state_machine(CALL), f"{CLOSED}CLOSED_CALL"),
]


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    DEFECTS,
    ids=[
        f"{name}-{rule.split('::', 1)[1]}-{number}"
        for number, (name, _, rule) in enumerate(DEFECTS)
    ],
)
def test_a_planted_defect_is_reported_with_rule_and_path(
    tmp_path: Path, name: str, change: Change, rule: str
) -> None:
    app = small_app(tmp_path, lambda stack: change(resource(stack, name)))
    assert f"{rule}\n  at Small/All/{name}\n" in refusal(app)


@pytest.mark.parametrize(
    ("protection", "name", "rule"),
    [("BucketPolicy", "Bucket", "S10"), ("QueuePolicy", "Queue", "SQS4")],
)
def test_a_missing_policy_is_reported_at_the_protected_resource(
    tmp_path: Path, protection: str, name: str, rule: str
) -> None:
    app = small_app(
        tmp_path, lambda stack: stack.node.find_child("All").node.try_remove_child(protection)
    )
    assert f"{NAG}{rule}\n  at Small/All/{name}\n" in refusal(app)


def test_an_open_security_group_is_reported(tmp_path: Path) -> None:
    any_address = ec2.CfnSecurityGroup.IngressProperty(ip_protocol="tcp", cidr_ip="0.0.0.0/0")

    def plant(stack: Stack) -> None:
        resource(stack, "Group").security_group_ingress = [any_address]

    assert f"{NAG}EC23\n  at Small/All/Group\n" in refusal(small_app(tmp_path, plant))


def test_an_app_without_defects_passes_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gate.synthesise(small_app(tmp_path))
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_each_rule_of_the_project_has_a_planted_defect() -> None:
    own_rules = {
        f"{ENGINE}{name}"
        for path in native.OWN_RULES.glob("*.guard")
        for name in re.findall(r"^rule (\w+)", path.read_text(), re.MULTILINE)
    }
    planted = {rule for _, _, rule in DEFECTS}
    planted |= {f"{ENGINE}{defect.rule}" for defect in planted_defects()}
    assert own_rules - planted == set()
