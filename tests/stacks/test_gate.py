"""Planted defects: each test changes one property of the real app, and the gate names the rule.

The tests fail if a checker is switched off or no longer reports a defect.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnResource, Stack
from aws_cdk import aws_s3 as s3

from stacks.catalogue import ENVIRONMENTS, make_app
from stacks.shared import gate
from stacks.shared.gate.closed import findings


def app_with_defect(tmp_path: Path, plant: Callable[[Stack], object]) -> App:
    app = make_app({"env": "local"}, tmp_path, only=["streaming-lake"])
    stack = app.node.find_child("StreamingLake")
    assert isinstance(stack, Stack)
    plant(stack)
    return app


def gate_message(tmp_path: Path, plant: Callable[[Stack], object]) -> str:
    with pytest.raises(gate.GateError) as refusal:
        gate.synthesise(app_with_defect(tmp_path, plant))
    return str(refusal.value)


def resource(stack: Stack, path: str) -> CfnResource:
    node = stack.node
    for part in path.split("/"):
        child = node.find_child(part)
        node = child.node
    default_child = node.default_child or child
    assert isinstance(default_child, CfnResource)
    return default_child


Defect = tuple[str, str, str, Any]
_PARQUET = "ExtendedS3DestinationConfiguration"
_GROUP, _RESULTS = "WorkGroupConfiguration", "ResultConfiguration"
_FIVE_FIELDS = {"ScheduleExpression": "cron(0 3 * * *)"}
_OPEN = s3.CfnBucket.PublicAccessBlockConfigurationProperty(block_public_acls=False)
_DELETED = object()

# The construct's path, the property, the rule that must report it, and the property's new value.
# A property in lower case is set on the construct (cdk-nag reads it there), any other in the
# template (CloudFormation's validation reads it there).
DEFECTS: list[Defect] = [
    ("Key", "enable_key_rotation", "AwsSolutions-KMS5", False),
    ("Storage/Lake", "logging_configuration", "AwsSolutions-S1", _DELETED),
    ("Storage/Lake", "public_access_block_configuration", "AwsSolutions-S2", _OPEN),
    ("Ingestion/Events", "stream_encryption", "AwsSolutions-KDS1", _DELETED),
    ("Curation/Job", "security_configuration", "AwsSolutions-GL1", _DELETED),
    ("Key", "EnableKeyRotation", "KEY_ROTATES", False),
    ("Storage/Lake", "BucketEncryption", "BUCKET_ENCRYPTED", _DELETED),
    ("Storage/AccessLogs", "VersioningConfiguration", "BUCKET_VERSIONED", _DELETED),
    ("Storage/Raw", "PublicAccessBlockConfiguration", "BUCKET_PRIVATE", _DELETED),
    ("Ingestion/Events", "StreamEncryption", "STREAM_ENCRYPTED", _DELETED),
    ("Delivery/Logs", "KmsKeyId", "LOGS_ENCRYPTED", _DELETED),
    ("TransformLogs", "RetentionInDays", "LOGS_EXPIRE", _DELETED),
    ("Alarms", "KmsMasterKeyId", "TOPIC_ENCRYPTED", _DELETED),
    ("Operation/Undelivered", "KmsMasterKeyId", "QUEUE_ENCRYPTED", _DELETED),
    ("Curation/Job", "SecurityConfiguration", "JOB_SECURITY", _DELETED),
    ("Transform", "Runtime", "LAMBDA_RUNTIME", "python3.10"),
    ("Transform", "Runtime", "LAMBDA_RUNTIME", "nodejs20.x"),
    ("Transform", "Runtime", "LAMBDA_RUNTIME", "cobol"),
    ("Transform", "MemorySize", "F3034", 5),
    ("Transform", "Colour", "F3002", "blue"),
    ("Transform", "Tags", "F3012", "architecture"),
    ("Delivery/Lake", f"{_PARQUET}.BufferingHints.SizeInMBs", "FIREHOSE_PARQUET_BUFFER", 5),
    ("Delivery/Lake", f"{_PARQUET}.CompressionFormat", "FIREHOSE_PARQUET_COMPRESSION", "GZIP"),
    ("Delivery/Lake", f"{_PARQUET}.EncryptionConfiguration", "FIREHOSE_KEY", _DELETED),
    ("Delivery/Lake", f"{_PARQUET}.ErrorOutputPrefix", "FIREHOSE_ERROR_PREFIX", _DELETED),
    ("Curation/Job", "GlueVersion", "GLUE_VERSION", "4.0"),
    ("Curation/Job", "GlueVersion", "GLUE_VERSION", _DELETED),
    ("Curation/Job", "Command.Name", "GLUE_RAY", "glueray"),
    ("Discovery/Crawler", "CrawlerSecurityConfiguration", "GLUE_CRAWLER_SECURITY", _DELETED),
    ("Discovery/Crawler", "Schedule", "GLUE_CRAWLER_CRON", _FIVE_FIELDS),
    ("Query/Readers", f"{_GROUP}.EnforceWorkGroupConfiguration", "ATHENA_ENFORCED", False),
    ("Query/Readers", f"{_GROUP}.{_RESULTS}.EncryptionConfiguration", "ATHENA_KEY", _DELETED),
    ("Query/Readers", f"{_GROUP}.BytesScannedCutoffPerQuery", "ATHENA_CUTOFF", _DELETED),
]


def plant_defect(stack: Stack, path: str, name: str, value: Any) -> None:
    target = resource(stack, path)
    if name.islower():
        setattr(target, name, None if value is _DELETED else value)
    elif value is _DELETED:
        target.add_property_deletion_override(name)
    else:
        target.add_property_override(name, value)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """The gate's report on each defect by its number: one synth for the nth of each construct."""
    rounds: dict[int, list[int]] = defaultdict(list)
    of_construct: Counter[str] = Counter()
    for number, (path, *_) in enumerate(DEFECTS):
        rounds[of_construct[path]].append(number)
        of_construct[path] += 1
    by_number: dict[int, str] = {}
    for numbers in rounds.values():

        def plant(stack: Stack, numbers: list[int] = numbers) -> None:
            for number in numbers:
                path, name, _, value = DEFECTS[number]
                plant_defect(stack, path, name, value)

        report = gate_message(tmp_path_factory.mktemp("defects"), plant)
        by_number |= dict.fromkeys(numbers, report)
    return by_number


@pytest.mark.parametrize(
    "number",
    range(len(DEFECTS)),
    ids=[f"{path} {name} {rule}" for path, name, rule, _ in DEFECTS],
)
def test_a_planted_defect_is_reported_with_rule_and_path(
    reports: dict[int, str], number: int
) -> None:
    path, _, rule, _ = DEFECTS[number]
    assert f"::{rule}\n  at StreamingLake/{path}" in reports[number]


CLOSED = {
    "AWS::KinesisAnalytics::Application": "KINESIS_ANALYTICS_SQL",
    "AWS::Forecast::Dataset": "FORECAST",
    "AWS::LookoutVision::Project": "LOOKOUT",
    "AWS::Rekognition::StreamProcessor": "REKOGNITION_STREAMING",
    "AWS::SageMaker::MonitoringSchedule": "SAGEMAKER_MODEL_MONITOR",
    "AWS::SageMaker::Workteam": "SAGEMAKER_GROUND_TRUTH",
    "AWS::S3ObjectLambda::AccessPoint": "S3_OBJECT_LAMBDA",
    "AWS::CloudTrail::EventDataStore": "CLOUDTRAIL_LAKE",
    "AWS::Bedrock::Agent": "BEDROCK_AGENTS",
    "AWS::WAFRegional::WebACL": "WAF_CLASSIC",
    "AWS::QLDB::Ledger": "ENDED",
}


def test_a_closed_service_is_reported_with_its_replacement(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        for number, kind in enumerate(CLOSED):
            CfnResource(stack, f"Closed{number}", type=kind)

    report = gate_message(tmp_path, plant)
    for number, (kind, rule) in enumerate(CLOSED.items()):
        assert (
            f"Closed-Services::{rule}\n  at StreamingLake/Closed{number}\n  {kind} is closed"
            in report
        )
    assert "Use Kinesis Video's image generation" in report


_SQL = {"RuntimeEnvironment": "SQL-1_0"}
_AL2 = {"PlatformIdentifier": "notebook-al2-v2"}
_ELASTIC = {"ProductionVariants": [{"AcceleratorType": "ml.eia2.large"}]}


@pytest.mark.parametrize(
    ("kind", "properties", "rule"),
    [
        ("KinesisAnalyticsV2::Application", _SQL, "KINESIS_ANALYTICS_SQL"),
        ("SageMaker::NotebookInstance", {"InstanceType": "ml.p3.2xlarge"}, "INSTANCE_FAMILY"),
        ("SageMaker::NotebookInstance", _AL2, "NOTEBOOK_PLATFORM"),
        ("SageMaker::EndpointConfig", _ELASTIC, "ELASTIC_INFERENCE"),
        ("EC2::Instance", {"InstanceType": "p2.xlarge"}, "INSTANCE_FAMILY"),
    ],
)
def test_a_closed_feature_of_an_open_service_is_reported(
    kind: str, properties: dict[str, Any], rule: str
) -> None:
    template = {"Resources": {"A": {"Type": f"AWS::{kind}", "Properties": properties}}}
    assert [finding.rule for finding in findings(template, date(2026, 11, 20))] == [rule]


@pytest.mark.parametrize(
    ("today", "expected_rules"), [(date(2027, 10, 31), []), (date(2027, 11, 1), ["LAMBDA_RUNTIME"])]
)
def test_a_runtime_is_reported_from_a_year_before_its_deprecation(
    today: date, expected_rules: list[str]
) -> None:
    properties = {"Runtime": "python3.12"}
    template = {"Resources": {"A": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    assert [finding.rule for finding in findings(template, today)] == expected_rules


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_unchanged_app_passes_and_prints_nothing(
    tmp_path: Path, environment: str, capfd: pytest.CaptureFixture[str]
) -> None:
    gate.synthesise(make_app({"env": environment}, tmp_path))
    assert capfd.readouterr().out == ""


def add_unlogged_bucket(stack: Stack) -> s3.Bucket:
    return s3.Bucket(
        stack,
        "Careless",
        enforce_ssl=True,
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )


def test_a_finding_is_accepted_only_with_a_reason_at_its_construct(tmp_path: Path) -> None:
    rule = "AwsSolutions::AwsSolutions-S1"
    assert f"{rule}\n  at StreamingLake/Careless" in gate_message(tmp_path, add_unlogged_bucket)

    def with_reason(stack: Stack) -> None:
        gate.acknowledge(
            add_unlogged_bucket(stack), {rule: "a bucket of this test, nobody reads it"}
        )

    gate.synthesise(app_with_defect(tmp_path, with_reason))

    def with_short_reason(stack: Stack) -> None:
        gate.acknowledge(add_unlogged_bucket(stack), {rule: "because"})

    assert "is acknowledged without a reason ('because')" in gate_message(
        tmp_path, with_short_reason
    )

    def at_another_construct(stack: Stack) -> None:
        add_unlogged_bucket(stack)
        gate.acknowledge(resource(stack, "Key"), {rule: "a reason, but not where it is needed"})

    report = gate_message(tmp_path, at_another_construct)
    assert f"{rule}\n  at StreamingLake/Careless" in report
    assert "has no finding there" in report


def test_a_wildcard_without_a_reason_is_refused(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        role: Any = stack.node.find_child("Curation").node.find_child("Role")
        role.allow("Everything", ["s3:*"], "*")

    report = gate_message(tmp_path, plant)
    assert "AwsSolutions-IAM5[Action::s3:*]\n  at StreamingLake/Curation/Role" in report
    assert 'gate.acknowledge(construct, {"AwsSolutions::AwsSolutions-IAM5[Action::s3:*]"' in report
