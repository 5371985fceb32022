"""What the streaming lake promises, read from the template it synthesises."""

from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

import schemas
from repository import ROOT
from tests.conftest import Templates, readable, resources

Template = dict[str, Any]
ROLES: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    "TransformRole": {
        "WriteItsLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], ["{TransformLogs.Arn}"]),
        "SetRejectedLinesAside": (["s3:PutObject"], ["{Storage/Lake.Arn}/rejected/*"]),
        "PutRecordsBack": (["kinesis:PutRecords"], ["{Ingestion/Events.Arn}"]),
        "EncryptWhatItWrites": (["kms:GenerateDataKey"], ["{Key.Arn}"]),
    },
    "Delivery/Role": {
        "ReadTheStream": (
            [
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            ["{Ingestion/Events.Arn}"],
        ),
        "AskTheTransform": (
            ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            ["{Transform.Arn}"],
        ),
        "FindTheBuckets": (
            ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            ["{Storage/Lake.Arn}", "{Storage/Raw.Arn}"],
        ),
        "WriteObjects": (
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            [
                "{Storage/Lake.Arn}/errors/*",
                "{Storage/Lake.Arn}/events/*",
                "{Storage/Raw.Arn}/errors/*",
                "{Storage/Raw.Arn}/flights/*",
            ],
        ),
        "ReadTheColumns": (
            ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            ["glue:catalog", "glue:database", "glue:table/flights_events"],
        ),
        "UseTheKey": (["kms:Decrypt", "kms:GenerateDataKey"], ["{Key.Arn}"]),
        "WriteItsLogs": (["logs:PutLogEvents"], ["log-group:{Delivery/Logs}:log-stream:*"]),
    },
    "Curation/Role": {
        "ReadItsCode": (["s3:GetObject"], ["asset", "asset"]),
        "ListTheLake": (["s3:ListBucket"], ["{Storage/Lake.Arn}"]),
        "ReadItsInputs": (
            ["s3:GetObject"],
            ["{Storage/Lake.Arn}/events/*", "{Storage/Lake.Arn}/weather/*"],
        ),
        "KeepTheCuratedFlights": (
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            ["{Storage/Lake.Arn}/curated/*", "{Storage/Lake.Arn}/state/*"],
        ),
        "PublishPartitions": (
            [
                "glue:BatchCreatePartition",
                "glue:BatchUpdatePartition",
                "glue:GetPartitions",
                "glue:GetTable",
            ],
            ["glue:catalog", "glue:database", "glue:table/flights_curated"],
        ),
        "UseTheKey": (["kms:Decrypt", "kms:GenerateDataKey"], ["{Key.Arn}"]),
        "WriteItsLogs": (
            [
                "logs:AssociateKmsKey",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
            ["log-group:/aws-glue/*"],
        ),
        "PublishItsMetrics": (["cloudwatch:PutMetricData"], ["*"]),
        "ReadItsSecurity": (["glue:GetSecurityConfiguration"], ["*"]),
    },
}


@pytest.fixture
def sandbox(synthesise: Templates) -> Template:
    template: Template = synthesise("sandbox")["StreamingLake"]
    return template


@pytest.fixture
def production(synthesise: Templates) -> Template:
    template: Template = synthesise("production")["StreamingLake"]
    return template


def only(template: Template, kind: str, path: str | None = None) -> dict[str, Any]:
    by_path = resources(template, kind)
    properties: dict[str, Any] = (by_path[path] if path else next(iter(by_path.values())))[
        "Properties"
    ]
    return properties


def short(arn: str) -> str:
    """An ARN as the table above writes it."""
    if "cdk-hnb659fds-assets" in arn:
        return "asset"
    for service in ("glue:", "logs:"):
        if f":{service}" in arn:
            resource_part = arn.rpartition("{AWS::AccountId}:")[2]
            table = resource_part.rpartition("/")[2] if resource_part.startswith("table/") else ""
            if service == "glue:":
                return f"glue:{resource_part.partition('/')[0]}" + (f"/{table}" if table else "")
            return resource_part
    return arn


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_exactly_this(sandbox: Template, role: str) -> None:
    policy = only(sandbox, "AWS::IAM::Policy", f"{role}/DefaultPolicy")
    statements_found = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        names = readable(sandbox, statement["Resource"])
        arns = names if isinstance(names, list) else [names]
        actions = statement["Action"]
        actions = actions if isinstance(actions, list) else [actions]
        arns_named = [name.replace("{Catalog/Events}", "flights_events") for name in arns]
        targets = [
            short(name.replace("{Catalog/Curated}", "flights_curated")) for name in arns_named
        ]
        statements_found[statement["Sid"]] = (sorted(actions), sorted(targets))
        if any(action.startswith("kms:") for action in actions):
            assert "kms:ViaService" in statement["Condition"]["StringEquals"]
    assert statements_found == ROLES[role]


def delivery(template: Template) -> dict[str, Any]:
    stream = only(template, "AWS::KinesisFirehose::DeliveryStream")
    destination: dict[str, Any] = readable(template, stream["ExtendedS3DestinationConfiguration"])
    return destination


def test_delivery_converts_to_parquet_by_the_events_table(sandbox: Template) -> None:
    conversion = delivery(sandbox)["DataFormatConversionConfiguration"]
    parquet = conversion["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"]
    assert parquet == {"Compression": "SNAPPY"}
    assert conversion["SchemaConfiguration"]["TableName"] == "{Catalog/Events}"
    serde = conversion["InputFormatConfiguration"]["Deserializer"]["HiveJsonSerDe"]
    assert serde["TimestampFormats"][0] == "yyyy-MM-dd'T'HH:mm:ss'Z'"


def test_every_record_also_goes_to_the_raw_bucket(sandbox: Template) -> None:
    destination = delivery(sandbox)
    assert destination["S3BackupMode"] == "Enabled"
    backup = destination["S3BackupConfiguration"]
    assert backup["BucketARN"] == "{Storage/Raw.Arn}"
    assert backup["CompressionFormat"] == "GZIP"
    assert backup["EncryptionConfiguration"] == destination["EncryptionConfiguration"]


def test_delivery_logs_and_sets_aside_what_fails(sandbox: Template) -> None:
    destination = delivery(sandbox)
    for configuration in (destination, destination["S3BackupConfiguration"]):
        assert configuration["ErrorOutputPrefix"].startswith(
            "errors/!{firehose:error-output-type}/"
        )
        assert configuration["CloudWatchLoggingOptions"]["Enabled"] is True


def test_delivery_asks_the_transform(sandbox: Template) -> None:
    (processor,) = delivery(sandbox)["ProcessingConfiguration"]["Processors"]
    parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
    assert parameters == {
        "LambdaArn": "{Transform.Arn}",
        "BufferSizeInMBs": "1",
        "BufferIntervalInSeconds": "60",
        "NumberOfRetries": "3",
    }


@pytest.mark.parametrize(
    ("environment", "seconds", "stream_settings"),
    [
        ("sandbox", 300, {"mode": "PROVISIONED", "shards": 1, "hours": 24}),
        ("production", 900, {"mode": "ON_DEMAND", "shards": None, "hours": 168}),
    ],
)
def test_each_environment_has_its_stream_and_buffer(
    synthesise: Templates, environment: str, seconds: int, stream_settings: dict[str, Any]
) -> None:
    template = synthesise(environment)["StreamingLake"]
    hints = {"IntervalInSeconds": seconds, "SizeInMBs": 128}
    assert delivery(template)["BufferingHints"] == hints
    stream = only(template, "AWS::Kinesis::Stream")
    assert {
        "mode": stream["StreamModeDetails"]["StreamMode"],
        "shards": stream.get("ShardCount"),
        "hours": stream["RetentionPeriodHours"],
    } == stream_settings


def test_settings_reach_the_template(synthesise: Templates) -> None:
    settings = (("streaming_lake.retention_hours", "8760"), ("streaming_lake.shards", "3"))
    template = synthesise("sandbox", *settings)["StreamingLake"]
    stream = only(template, "AWS::Kinesis::Stream")
    assert (stream["RetentionPeriodHours"], stream["ShardCount"]) == (8760, 3)


def test_the_log_ages_through_the_storage_classes(sandbox: Template) -> None:
    rules = only(sandbox, "AWS::S3::Bucket", "Storage/Raw")["LifecycleConfiguration"]["Rules"]
    moves = [t for rule in rules for t in rule.get("Transitions", [])]
    assert [(t["StorageClass"], t["TransitionInDays"]) for t in moves] == [
        ("STANDARD_IA", 30),
        ("GLACIER_IR", 90),
        ("GLACIER", 180),
        ("DEEP_ARCHIVE", 365),
    ]


def test_the_log_is_locked_in_production_alone(sandbox: Template, production: Template) -> None:
    raw = only(production, "AWS::S3::Bucket", "Storage/Raw")
    retention = {"Mode": "COMPLIANCE", "Days": 365}
    assert raw["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == retention
    assert "ObjectLockConfiguration" not in only(sandbox, "AWS::S3::Bucket", "Storage/Raw")


def test_the_job_runs_what_the_tests_run(sandbox: Template, production: Template) -> None:
    for template, execution in ((sandbox, "FLEX"), (production, "STANDARD")):
        job = only(template, "AWS::Glue::Job")
        assert job["GlueVersion"] == "5.1"
        assert job["ExecutionClass"] == execution
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert job["DefaultArguments"]["--enable-auto-scaling"] == "true"


def test_nothing_runs_by_itself_but_in_production(sandbox: Template, production: Template) -> None:
    assert not resources(sandbox, "AWS::Glue::Trigger")
    assert "Schedule" not in only(sandbox, "AWS::Glue::Crawler")
    assert only(production, "AWS::Glue::Trigger")["Schedule"] == "cron(15 * * * ? *)"
    assert only(production, "AWS::Glue::Crawler")["Schedule"]


HIVE = {"string": "string", "integer": "int", "number": "double", "boolean": "boolean"}
TABLES = {
    "Catalog/Events": ("flight_event", ["arrived_at"]),
    "Catalog/Curated": ("curated_flight", []),
    "Catalog/Weather": ("hourly_weather", []),
}


@pytest.mark.parametrize("path", TABLES)
def test_tables_have_the_columns_of_their_schemas(sandbox: Template, path: str) -> None:
    schema, more = TABLES[path]
    columns = only(sandbox, "AWS::Glue::Table", path)["TableInput"]["StorageDescriptor"]["Columns"]
    expected = [(c.name, HIVE.get(c.kind, "timestamp")) for c in schemas.columns(schema)]
    expected += [(name, "timestamp") for name in more]
    assert [(column["Name"], column["Type"]) for column in columns] == expected


def test_projected_partitions_are_the_tables_keys(sandbox: Template) -> None:
    for path in ("Catalog/Events", "Catalog/Weather"):
        table = only(sandbox, "AWS::Glue::Table", path)["TableInput"]
        (key,) = (column["Name"] for column in table["PartitionKeys"])
        assert table["Parameters"]["projection.enabled"] in (True, "true")
        assert table["Parameters"][f"projection.{key}.type"] == "date"


def test_readers_cannot_talk_the_work_group_out_of_its_rules(sandbox: Template) -> None:
    group = only(sandbox, "AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 10_240 * 1024 * 1024
    encryption = group["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"


def queries(template: Template) -> dict[str, str]:
    named_queries = resources(template, "AWS::Athena::NamedQuery").values()
    texts = [readable(template, query["Properties"]) for query in named_queries]
    return {text["Name"]: text["QueryString"] for text in texts}


def test_every_file_of_sql_is_a_named_query(sandbox: Template) -> None:
    files = {path.stem.replace("_", " ") for path in (ROOT / "sql/streaming_lake").glob("*.sql")}
    assert set(queries(sandbox)) == files


@pytest.mark.lint
def test_queries_name_only_tables_and_columns_that_exist(sandbox: Template) -> None:
    tables: dict[str, object] = {}
    for resource in resources(sandbox, "AWS::Glue::Table").values():
        table = resource["Properties"]["TableInput"]
        columns = [*table["StorageDescriptor"]["Columns"], *table["PartitionKeys"]]
        tables[table["Name"]] = {column["Name"]: column["Type"] for column in columns}
    for name, text in queries(sandbox).items():
        assert "${" not in text, name
        inner = text[text.index("SELECT") :].partition("\n)\nTO")[0]
        tree = qualify(sqlglot.parse_one(inner, read="athena"), schema=tables, dialect="athena")
        assert not list(tree.find_all(exp.Command)), name
        assert tree.find(exp.Column), name


def test_a_job_that_fails_reaches_the_topic_or_the_dead_letters(sandbox: Template) -> None:
    rule = readable(sandbox, only(sandbox, "AWS::Events::Rule"))
    assert rule["EventPattern"]["detail"] == {
        "jobName": ["{Curation/Job}"],
        "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == "{Alarms}"
    assert target["DeadLetterConfig"]["Arn"] == "{Operation/Undelivered.Arn}"


def test_there_is_an_alarm_for_what_a_person_must_act_on(sandbox: Template) -> None:
    alarms = " ".join(resources(sandbox, "AWS::CloudWatch::Alarm"))
    for alarm_name in ("Behind", "Throttled", "Failing", "Rejected", "Stale"):
        assert alarm_name in alarms
    for alarm in resources(sandbox, "AWS::CloudWatch::Alarm").values():
        assert readable(sandbox, alarm["Properties"]["AlarmActions"]) == ["{Alarms}"]


def test_only_the_sandbox_has_a_budget(synthesise: Templates, sandbox: Template) -> None:
    assert resources(sandbox, "AWS::Budgets::Budget")
    for environment in ("local", "production"):
        template = synthesise(environment)["StreamingLake"]
        assert not resources(template, "AWS::Budgets::Budget")


def test_the_outputs_are_those_that_others_rely_on(sandbox: Template) -> None:
    output_names = {
        "StreamName",
        "RawBucketName",
        "LakeBucketName",
        "DatabaseName",
        "WorkGroupName",
    }
    output_names |= {"EventsTableName", "CuratedTableName", "AlarmTopicArn"}
    assert output_names <= set(sandbox["Outputs"])


def test_a_name_prefix_renames_what_has_a_name(synthesise: Templates) -> None:
    templates = synthesise("sandbox", ("name_prefix", "Blue-"))
    assert all(stack_name.startswith("Blue-") for stack_name in templates)
    name = "Blue-StreamingLake"
    template = templates[name]
    assert only(template, "AWS::Athena::WorkGroup")["Name"] == name
    database = only(template, "AWS::Glue::Database")["DatabaseInput"]["Name"]
    assert database == "blue_streaminglake"
