"""One defect at a time in an app that is otherwise clean: the gate names the rule and the place."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from stacks.shared import gate
from stacks.shared.gate import native
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


def put(name: str, value: Any) -> Change:
    """What an engine sees: the template."""
    return lambda target: target.add_property_override(name, value)


def take(name: str) -> Change:
    return lambda target: target.add_property_deletion_override(name)


def setting(name: str, value: Any = None) -> Change:
    """What cdk-nag sees: the construct."""
    return lambda target: setattr(target, name, value)


def policy(action: str, of: str) -> Change:
    statement = {"Effect": "Allow", "Action": action, "Resource": of}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return setting("policies", [{"policyName": "Planted", "policyDocument": document}])


def machine(state: str) -> Change:
    return put("DefinitionString", f'{{"StartAt":"A","States":{{"A":{state}}}}}')


# Where it is planted, what is changed, and the rule that names it there. The first are cdk-nag's,
# then come CloudFormation's validation, our rules beside it, and the closed list.
DEFECTS: list[tuple[str, Change, str]] = [
    ("Key", setting("enable_key_rotation", False), f"{NAG}KMS5"),
    ("Bucket", setting("logging_configuration"), f"{NAG}S1"),
    ("Stream", setting("stream_encryption"), f"{NAG}KDS1"),
    ("Plain", setting("delivery_stream_encryption_configuration_input"), f"{NAG}KDF1"),
    ("Job", setting("security_configuration"), f"{NAG}GL1"),
    ("Crawler", setting("crawler_security_configuration"), f"{NAG}GL1"),
    ("Topic", setting("kms_master_key_id"), f"{NAG}SNS3"),
    ("Queue", setting("redrive_policy"), f"{NAG}SQS3"),
    ("Machine", setting("tracing_configuration"), f"{NAG}SF2"),
    ("Machine", setting("logging_configuration"), f"{NAG}SF1"),
    ("Function", setting("runtime", "python3.12"), f"{NAG}L1"),
    ("Role", policy("s3:*", "arn:aws:s3:::lake"), f"{NAG}IAM5[Action::s3:*]"),
    ("Role", policy("kinesis:PutRecord", "*"), f"{NAG}IAM5[Resource::*]"),
    ("Role", setting("managed_policy_arns", [MANAGED]), f"{NAG}IAM4[Policy::{MANAGED}]"),
    ("Function", put("Runtime", "pyton3.13"), f"{ENGINE}W3030"),
    ("Function", put("Runtime", "python3.8"), f"{ENGINE}W2531"),
    ("Function", put("Colour", "blue"), f"{ENGINE}F3002"),
    ("Function", put("MemorySize", 5), f"{ENGINE}F3034"),
    ("Topic", put("Tags", "lake"), f"{ENGINE}F3012"),
    ("Config", put(f"{VARIANT}.InstanceType", "ml.m5.huge"), f"{ENGINE}W3030"),
    ("Job", put("WorkerType", "G.99X"), f"{ENGINE}W3030"),
    ("Stream", put("ShardCount", "one"), f"{ENGINE}F3012"),
    ("Machine", machine('{"Type":"Tusk","End":true}'), f"{ENGINE}E3601"),
    ("Logs", lambda logs: logs.add_override("DependsOn", ["Nobody"]), f"{ENGINE}E3005"),
    ("Key", put("EnableKeyRotation", False), f"{ENGINE}KEY_ROTATES"),
    ("Bucket", take("BucketEncryption"), f"{ENGINE}BUCKET_ENCRYPTED"),
    ("Bucket", take("VersioningConfiguration"), f"{ENGINE}BUCKET_VERSIONED"),
    ("Bucket", take("PublicAccessBlockConfiguration"), f"{ENGINE}BUCKET_PRIVATE"),
    ("Stream", take("StreamEncryption"), f"{ENGINE}STREAM_ENCRYPTED"),
    ("Logs", take("KmsKeyId"), f"{ENGINE}LOGS_ENCRYPTED"),
    ("Logs", take("RetentionInDays"), f"{ENGINE}LOGS_EXPIRE"),
    ("Topic", take("KmsMasterKeyId"), f"{ENGINE}TOPIC_ENCRYPTED"),
    ("Queue", take("KmsMasterKeyId"), f"{ENGINE}QUEUE_ENCRYPTED"),
    ("Parquet", put(f"{S3}.BufferingHints.SizeInMBs", 5), f"{ENGINE}FIREHOSE_PARQUET_BUFFER"),
    ("Parquet", put(f"{S3}.CompressionFormat", "GZIP"), f"{ENGINE}FIREHOSE_PARQUET_COMPRESSION"),
    ("Plain", take(f"{S3}.EncryptionConfiguration"), f"{ENGINE}FIREHOSE_KEY"),
    ("Plain", take(f"{S3}.ErrorOutputPrefix"), f"{ENGINE}FIREHOSE_ERROR_PREFIX"),
    ("Job", put("GlueVersion", "9.9"), f"{ENGINE}GLUE_VERSION"),
    ("Job", put("GlueVersion", "4.0"), f"{ENGINE}GLUE_VERSION"),
    ("Job", take("GlueVersion"), f"{ENGINE}GLUE_VERSION"),
    ("Job", take("SecurityConfiguration"), f"{ENGINE}JOB_SECURITY"),
    ("Trigger", put("Schedule", "cron(0 3 * * *)"), f"{ENGINE}GLUE_TRIGGER_CRON"),
    (
        "Crawler",
        put("Schedule.ScheduleExpression", "cron(0 3 * * *)"),
        f"{ENGINE}GLUE_CRAWLER_CRON",
    ),
    ("Crawler", take("CrawlerSecurityConfiguration"), f"{ENGINE}GLUE_CRAWLER_SECURITY"),
    ("Readers", put(f"{GROUP}.EnforceWorkGroupConfiguration", False), f"{ENGINE}ATHENA_ENFORCED"),
    ("Readers", take(f"{GROUP}.ResultConfiguration"), f"{ENGINE}ATHENA_KEY"),
    ("Readers", take(f"{GROUP}.BytesScannedCutoffPerQuery"), f"{ENGINE}ATHENA_CUTOFF"),
    ("Model", put("EnableNetworkIsolation", False), f"{ENGINE}MODEL_ISOLATED"),
    ("Model", take("VpcConfig"), f"{ENGINE}MODEL_IN_VPC"),
    ("Config", take("KmsKeyId"), f"{ENGINE}ENDPOINT_KEY"),
    ("Config", take("DataCaptureConfig.KmsKeyId"), f"{ENGINE}DATA_CAPTURE_KEY"),
    ("Function", put("Runtime", "python3.11"), f"{CLOSED}LAMBDA_RUNTIME"),
    ("Job", put("Command.Name", "glueray"), f"{CLOSED}GLUE_RAY"),
    ("Config", put(f"{VARIANT}.InstanceType", "ml.p2.xlarge"), f"{CLOSED}INSTANCE_FAMILY"),
    ("Config", put(f"{VARIANT}.AcceleratorType", "ml.eia2.large"), f"{CLOSED}ELASTIC_INFERENCE"),
    ("Machine", machine(STEP), f"{CLOSED}INSTANCE_FAMILY"),
    ("Machine", machine(CALL), f"{CLOSED}CLOSED_CALL"),
]


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    DEFECTS,
    ids=[f"{name}-{rule.split('::', 1)[1]}-{at}" for at, (name, _, rule) in enumerate(DEFECTS)],
)
def test_a_planted_defect_is_named_with_its_place(
    tmp_path: Path, name: str, change: Change, rule: str
) -> None:
    app = small_app(tmp_path, lambda stack: change(resource(stack, name)))
    assert f"{rule}\n  at Small/All/{name}\n" in refusal(app)


@pytest.mark.parametrize(
    ("protection", "name", "rule"),
    [("BucketPolicy", "Bucket", "S10"), ("QueuePolicy", "Queue", "SQS4")],
)
def test_a_missing_policy_is_named_at_what_it_protects(
    tmp_path: Path, protection: str, name: str, rule: str
) -> None:
    app = small_app(
        tmp_path, lambda stack: stack.node.find_child("All").node.try_remove_child(protection)
    )
    assert f"{NAG}{rule}\n  at Small/All/{name}\n" in refusal(app)


def test_an_open_security_group_is_named(tmp_path: Path) -> None:
    everybody = ec2.CfnSecurityGroup.IngressProperty(ip_protocol="tcp", cidr_ip="0.0.0.0/0")

    def plant(stack: Stack) -> None:
        resource(stack, "Group").security_group_ingress = [everybody]

    assert f"{NAG}EC23\n  at Small/All/Group\n" in refusal(small_app(tmp_path, plant))


def test_what_is_clean_passes_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gate.synthesise(small_app(tmp_path))
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_each_of_our_own_rules_has_a_defect() -> None:
    ours = {
        f"{ENGINE}{name}"
        for path in native.OWN_RULES.glob("*.guard")
        for name in re.findall(r"^rule (\w+)", path.read_text(), re.MULTILINE)
    }
    assert ours - {rule for _, _, rule in DEFECTS} == set()
