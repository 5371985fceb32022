"""More of the streaming lake's template: crawler permissions, use of the key, trust, lifecycles.

`test_streaming_lake.py` tests what an event passes through.
"""

from typing import Any

import pytest

from tests.conftest import Templates, readable, resources

Template = dict[str, Any]


@pytest.fixture(params=["local", "sandbox", "production"])
def anywhere(request: pytest.FixtureRequest, synthesise: Templates) -> Template:
    template: Template = synthesise(str(request.param))["StreamingLake"]
    return template


@pytest.fixture
def production(synthesise: Templates) -> Template:
    template: Template = synthesise("production")["StreamingLake"]
    return template


def properties(template: Template, kind: str, path: str) -> dict[str, Any]:
    properties: dict[str, Any] = readable(template, resources(template, kind)[path]["Properties"])
    return properties


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    """The statements of a role's inline policy by Sid, with readable references."""
    policy = properties(template, "AWS::IAM::Policy", f"{role}/DefaultPolicy")
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


GLUE = "arn:{AWS::Partition}:glue:{AWS::Region}:{AWS::AccountId}"
RAW = "{Storage/Raw.Arn}"
LAKE = "Storage/Lake"
SECURITY = "{Catalog/Security}"
CRAWLS = (
    "arn:{AWS::Partition}:logs:{AWS::Region}:{AWS::AccountId}:log-group:"
    f"/aws-glue/crawlers-role/{{Discovery/Role}}-{SECURITY}"
)
# Sid -> actions and resources: the crawler reads the raw bucket and writes `raw_` tables only.
CRAWLER: dict[str, tuple[Any, Any]] = {
    "ListTheRawLog": (["s3:GetBucketLocation", "s3:ListBucket"], RAW),
    "ReadTheRawLog": ("s3:GetObject", f"{RAW}/flights/*"),
    "DescribeWhatItFinds": (
        [
            "glue:BatchCreatePartition",
            "glue:BatchGetPartition",
            "glue:BatchUpdatePartition",
            "glue:CreateTable",
            "glue:GetDatabase",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:UpdateTable",
        ],
        [
            f"{GLUE}:catalog",
            f"{GLUE}:database/{{Catalog/Database}}",
            f"{GLUE}:table/{{Catalog/Database}}/raw_*",
        ],
    ),
    "WriteItsLogs": (
        [
            "logs:AssociateKmsKey",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ],
        [f"{CRAWLS}:*", CRAWLS],
    ),
    "ReadItsSecurity": ("glue:GetSecurityConfiguration", "*"),
}


def test_the_crawler_reads_the_raw_bucket_and_writes_its_own_tables_only(
    anywhere: Template,
) -> None:
    crawler_statements = statements(anywhere, "Discovery/Role")
    key = crawler_statements.pop("DecryptTheRawLog")
    assert key["Resource"] == "{Key.Arn}"
    assert {
        sid: (statement["Action"], statement["Resource"])
        for sid, statement in crawler_statements.items()
    } == CRAWLER


def test_the_groups_that_glue_logs_to_are_those_of_the_stack(anywhere: Template) -> None:
    groups = {
        readable(anywhere, group["Properties"]["LogGroupName"])
        for group in resources(anywhere, "AWS::Logs::LogGroup").values()
        if "LogGroupName" in group["Properties"]
    }
    security = properties(anywhere, "AWS::Glue::Job", "Curation/Job")["SecurityConfiguration"]
    job = f"/aws-glue/jobs/{security}-role/{{Curation/Role}}"
    crawls = f"/aws-glue/crawlers-role/{{Discovery/Role}}-{security}"
    assert groups == {f"{job}/error", f"{job}/output", crawls}
    logs = statements(anywhere, "Curation/Role")["WriteItsLogs"]
    assert {arn.partition(":log-group:")[2] for arn in logs["Resource"]} == {
        name for group in (f"{job}/error", f"{job}/output") for name in (group, f"{group}:*")
    }


@pytest.mark.parametrize(
    ("role", "sid", "services"),
    [
        ("TransformRole", "EncryptWhatItWrites", ["s3", "kinesis"]),
        ("Delivery/Role", "UseTheKey", ["s3", "kinesis"]),
        ("Curation/Role", "UseTheKey", ["s3"]),
        ("Discovery/Role", "DecryptTheRawLog", ["s3"]),
    ],
)
def test_a_role_may_use_the_key_through_its_own_services_only(
    anywhere: Template, role: str, sid: str, services: list[str]
) -> None:
    via_services = [f"{service}.{{AWS::Region}}.{{AWS::URLSuffix}}" for service in services]
    statement = statements(anywhere, role)[sid]
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": via_services}}


def test_a_function_that_only_writes_cannot_decrypt(anywhere: Template) -> None:
    statement = statements(anywhere, "TransformRole")["EncryptWhatItWrites"]
    assert "kms:Decrypt" not in statement["Action"]


def test_the_job_publishes_metrics_in_glues_namespace_only(anywhere: Template) -> None:
    statement = statements(anywhere, "Curation/Role")["PublishItsMetrics"]
    assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Glue"}}


def test_each_role_trusts_one_service(anywhere: Template) -> None:
    roles = resources(anywhere, "AWS::IAM::Role")
    documents = {
        path: role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for path, role in roles.items()
        if not path.startswith("Custom")
    }
    trusted = {
        path: [statement["Principal"] for statement in document_statements]
        for path, document_statements in documents.items()
    }
    assert trusted == {
        "TransformRole": [{"Service": "lambda.amazonaws.com"}],
        "ReplayRole": [{"Service": "lambda.amazonaws.com"}],
        "Delivery/Role": [{"Service": "firehose.amazonaws.com"}],
        "Discovery/Role": [{"Service": "glue.amazonaws.com"}],
        "Curation/Role": [{"Service": "glue.amazonaws.com"}],
        "Maintenance/Role": [{"Service": "glue.amazonaws.com"}],
    }


def lifecycle(template: Template, bucket: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = properties(template, "AWS::S3::Bucket", bucket)[
        "LifecycleConfiguration"
    ]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return rules


def test_curated_flights_move_to_intelligent_tiering_immediately(anywhere: Template) -> None:
    transitions = {
        rule.get("Prefix"): rule.get("Transitions") for rule in lifecycle(anywhere, LAKE)
    }
    immediate = {"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 0}
    assert transitions["curated/"] == [immediate]


def test_delivered_events_and_query_results_expire(anywhere: Template) -> None:
    days = {
        bucket: {
            rule.get("Prefix"): rule["ExpirationInDays"]
            for rule in rules
            if "ExpirationInDays" in rule
        }
        for bucket in ("Storage/Raw", LAKE, "Query/Results")
        for rules in [lifecycle(anywhere, bucket)]
    }
    assert days == {
        "Storage/Raw": {},
        LAKE: {"events/": 30, "replayed/": 30},
        "Query/Results": {None: 30},
    }


@pytest.mark.parametrize("bucket", ["Storage/Raw", "Storage/Lake"])
def test_overwritten_objects_are_kept_for_a_month(anywhere: Template, bucket: str) -> None:
    tidy = next(rule for rule in lifecycle(anywhere, bucket) if rule.get("Id") == "Tidy")
    assert tidy["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert tidy["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_each_bucket_writes_access_logs_below_its_own_prefix(anywhere: Template) -> None:
    for bucket in ("Raw", "Lake"):
        bucket_properties = properties(anywhere, "AWS::S3::Bucket", f"Storage/{bucket}")
        assert bucket_properties["LoggingConfiguration"] == {
            "DestinationBucketName": "{Storage/AccessLogs}",
            "LogFilePrefix": f"{bucket}/",
        }


def test_old_files_of_the_curated_table_are_deleted(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("streaming_lake.snapshot_days", "9"))["StreamingLake"]
    optimizers = {
        resource["Properties"]["Type"]: resource["Properties"]["TableOptimizerConfiguration"]
        for resource in resources(template, "AWS::Glue::TableOptimizer").values()
    }
    assert all(configuration["Enabled"] for configuration in optimizers.values())
    assert set(optimizers) == {"compaction", "retention", "orphan_file_deletion"}
    retention = optimizers["retention"]["RetentionConfiguration"]["IcebergConfiguration"]
    assert retention["SnapshotRetentionPeriodInDays"] == 9
    assert retention["CleanExpiredFiles"] is True
