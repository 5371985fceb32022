"""The streaming lake's template: delivery, storage, job, tables and queries."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

import schemas
from repository import ROOT
from stacks.shared import bundle
from stacks.streaming_lake import curation
from tests.conftest import Templates, readable, resources
from tools.assembly import synthesise as synthesise_anew

Template = dict[str, Any]


@pytest.fixture
def sandbox(synthesise: Templates) -> Template:
    template: Template = synthesise("sandbox")["StreamingLake"]
    return template


@pytest.fixture
def production(synthesise: Templates) -> Template:
    template: Template = synthesise("production")["StreamingLake"]
    return template


def properties_of(template: Template, kind: str, path: str | None = None) -> dict[str, Any]:
    by_path = resources(template, kind)
    properties: dict[str, Any] = (by_path[path] if path else next(iter(by_path.values())))[
        "Properties"
    ]
    return properties


def delivery(template: Template) -> dict[str, Any]:
    stream = properties_of(template, "AWS::KinesisFirehose::DeliveryStream")
    destination: dict[str, Any] = readable(template, stream["ExtendedS3DestinationConfiguration"])
    return destination


def test_delivery_converts_to_parquet_with_the_columns_of_the_events_table(
    sandbox: Template,
) -> None:
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


def test_delivery_logs_errors_and_stores_failed_records(sandbox: Template) -> None:
    destination = delivery(sandbox)
    for configuration in (destination, destination["S3BackupConfiguration"]):
        assert configuration["ErrorOutputPrefix"].startswith(
            "errors/!{firehose:error-output-type}/"
        )
        assert configuration["CloudWatchLoggingOptions"]["Enabled"] is True


def test_delivery_invokes_the_transform(sandbox: Template) -> None:
    (processor,) = delivery(sandbox)["ProcessingConfiguration"]["Processors"]
    parameters = {
        parameter["ParameterName"]: parameter["ParameterValue"]
        for parameter in processor["Parameters"]
    }
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
def test_stream_and_buffer_follow_the_environment(
    synthesise: Templates, environment: str, seconds: int, stream_settings: dict[str, Any]
) -> None:
    template = synthesise(environment)["StreamingLake"]
    hints = {"IntervalInSeconds": seconds, "SizeInMBs": 128}
    assert delivery(template)["BufferingHints"] == hints
    stream = properties_of(template, "AWS::Kinesis::Stream")
    assert {
        "mode": stream["StreamModeDetails"]["StreamMode"],
        "shards": stream.get("ShardCount"),
        "hours": stream["RetentionPeriodHours"],
    } == stream_settings


def test_settings_reach_the_template(synthesise: Templates) -> None:
    settings = (("streaming_lake.retention_hours", "8760"), ("streaming_lake.shards", "3"))
    template = synthesise("sandbox", *settings)["StreamingLake"]
    stream = properties_of(template, "AWS::Kinesis::Stream")
    assert (stream["RetentionPeriodHours"], stream["ShardCount"]) == (8760, 3)


def test_raw_objects_move_to_cheaper_storage_classes(sandbox: Template) -> None:
    rules = properties_of(sandbox, "AWS::S3::Bucket", "Storage/Raw")["LifecycleConfiguration"][
        "Rules"
    ]
    transitions = [transition for rule in rules for transition in rule.get("Transitions", [])]
    assert [
        (transition["StorageClass"], transition["TransitionInDays"]) for transition in transitions
    ] == [
        ("STANDARD_IA", 30),
        ("GLACIER_IR", 90),
        ("GLACIER", 180),
        ("DEEP_ARCHIVE", 365),
    ]


def test_only_production_locks_raw_objects(
    sandbox: Template, production: Template, synthesise: Templates
) -> None:
    setting = ("streaming_lake.object_lock_mode", "compliance")
    sealed: Template = synthesise("production", setting)["StreamingLake"]
    for template, mode in ((production, "GOVERNANCE"), (sealed, "COMPLIANCE")):
        raw = properties_of(template, "AWS::S3::Bucket", "Storage/Raw")
        retention = {"Mode": mode, "Days": 365}
        assert raw["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == retention
    assert "ObjectLockConfiguration" not in properties_of(sandbox, "AWS::S3::Bucket", "Storage/Raw")


def test_the_job_uses_the_glue_version_of_the_tests(
    sandbox: Template, production: Template
) -> None:
    for template, execution in ((sandbox, "FLEX"), (production, "STANDARD")):
        job = properties_of(template, "AWS::Glue::Job")
        assert job["GlueVersion"] == "5.1"
        assert job["ExecutionClass"] == execution
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert job["DefaultArguments"]["--enable-auto-scaling"] == "true"
        assert job["DefaultArguments"]["--datalake-formats"] == "iceberg"
        conf = readable(template, job["DefaultArguments"]["--conf"]).split(" --conf ")
        settings = dict(setting.split("=", 1) for setting in conf)
        assert settings["spark.hadoop.fs.s3a.endpoint.region"] == "{AWS::Region}"
        catalog = "spark.sql.catalog.glue_catalog"
        assert settings[f"{catalog}.catalog-impl"] == "org.apache.iceberg.aws.glue.GlueCatalog"


def test_a_rule_that_the_job_cannot_evaluate_fails_the_synth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shutil.copytree(curation._SOURCE, tmp_path / "curate_flights")
    (source / "data_quality.dqdl").write_text('Rules = [ IsUnique "event_id" ]')
    monkeypatch.setattr(curation, "_SOURCE", source)
    with pytest.raises(ValueError, match='cannot evaluate this rule: IsUnique "event_id"'):
        synthesise_anew("local", only=["streaming-lake"], gated=False)


def test_the_job_and_glue_have_the_same_rules(sandbox: Template) -> None:
    rules = properties_of(sandbox, "AWS::Glue::DataQualityRuleset")["Ruleset"]
    modules = bundle.spark_bundle("streaming_lake/curate_flights")
    assert (modules / "curate_flights" / "data_quality.dqdl").read_text() == rules


def test_the_template_of_the_iceberg_table_holds_what_never_changes(sandbox: Template) -> None:
    """CloudFormation's update of an Iceberg table takes its format away: a schema that grows may
    not change this resource."""
    table = readable(sandbox, properties_of(sandbox, "AWS::Glue::Table", "Catalog/Curated"))
    assert table == {
        "CatalogId": "{AWS::AccountId}",
        "DatabaseName": "{Catalog/Database}",
        "OpenTableFormatInput": {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}},
        "TableInput": {
            "Name": "flights_curated",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "event_id", "Type": "string"},
                    {"Name": "scheduled_departure", "Type": "timestamp"},
                ],
                "Location": "s3://{Storage/Lake}/curated/",
            },
        },
    }


def test_partitions_of_the_raw_log_take_the_types_of_their_table(sandbox: Template) -> None:
    configuration = json.loads(properties_of(sandbox, "AWS::Glue::Crawler")["Configuration"])
    partitions = configuration["CrawlerOutput"]["Partitions"]
    assert partitions == {"AddOrUpdateBehavior": "InheritFromTable"}


def test_only_production_has_schedules(sandbox: Template, production: Template) -> None:
    assert not resources(sandbox, "AWS::Glue::Trigger")
    assert "Schedule" not in properties_of(sandbox, "AWS::Glue::Crawler")
    assert properties_of(production, "AWS::Glue::Trigger")["Schedule"] == "cron(15 * * * ? *)"
    assert properties_of(production, "AWS::Glue::Crawler")["Schedule"]


HIVE = {"string": "string", "integer": "int", "number": "double", "boolean": "boolean"}
TABLES = {
    "Catalog/Events": ("flight_event", ["arrived_at"]),
    "Catalog/Weather": ("hourly_weather", []),
}


@pytest.mark.parametrize("path", TABLES)
def test_a_table_has_the_columns_of_its_schema(sandbox: Template, path: str) -> None:
    schema, additional = TABLES[path]
    columns = properties_of(sandbox, "AWS::Glue::Table", path)["TableInput"]["StorageDescriptor"][
        "Columns"
    ]
    expected = [
        (column.name, HIVE.get(column.kind, "timestamp")) for column in schemas.columns(schema)
    ]
    expected += [(name, "timestamp") for name in additional]
    assert [(column["Name"], column["Type"]) for column in columns] == expected


def test_partition_projection_covers_the_partition_key(sandbox: Template) -> None:
    for path in ("Catalog/Events", "Catalog/Weather"):
        table = properties_of(sandbox, "AWS::Glue::Table", path)["TableInput"]
        (key,) = (column["Name"] for column in table["PartitionKeys"])
        assert table["Parameters"]["projection.enabled"] in (True, "true")
        assert table["Parameters"][f"projection.{key}.type"] == "date"


def test_readers_cannot_override_the_work_groups_settings(sandbox: Template) -> None:
    group = properties_of(sandbox, "AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 10_240 * 1024 * 1024
    encryption = group["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"


def queries(template: Template) -> dict[str, str]:
    """The SQL of each named query by name."""
    named_queries = resources(template, "AWS::Athena::NamedQuery").values()
    properties = [readable(template, query["Properties"]) for query in named_queries]
    return {query["Name"]: query["QueryString"] for query in properties}


def test_every_sql_file_is_a_named_query(sandbox: Template) -> None:
    files = {path.stem.replace("_", " ") for path in (ROOT / "sql/streaming_lake").glob("*.sql")}
    assert set(queries(sandbox)) == files


@pytest.mark.lint
def test_queries_use_only_existing_tables_and_columns(sandbox: Template) -> None:
    tables: dict[str, object] = {}
    for resource in resources(sandbox, "AWS::Glue::Table").values():
        table = resource["Properties"]["TableInput"]
        columns = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
        tables[table["Name"]] = {column["Name"]: column["Type"] for column in columns}
    # The job adds the columns of the schema to the Iceberg table.
    tables["flights_curated"] = {
        column.name: HIVE.get(column.kind, "timestamp")
        for column in schemas.columns("curated_flight")
    }
    for name, sql in queries(sandbox).items():
        assert "${" not in sql, name
        begin = re.search(r"^\s*(WITH|SELECT)\b", sql, re.MULTILINE)
        assert begin, name
        select = sql[begin.start() :].partition("\n)\nTO")[0]
        tree = qualify(sqlglot.parse_one(select, read="athena"), schema=tables, dialect="athena")
        assert not list(tree.find_all(exp.Command)), name
        assert tree.find(exp.Column), name


def test_a_failed_job_is_sent_to_the_topic_or_the_dead_letter_queue(sandbox: Template) -> None:
    rule = readable(sandbox, properties_of(sandbox, "AWS::Events::Rule"))
    assert rule["EventPattern"]["detail"] == {
        "jobName": ["{Curation/Job}"],
        "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == "{Alarms}"
    assert target["DeadLetterConfig"]["Arn"] == "{Operation/Undelivered.Arn}"


def test_only_the_sandbox_has_a_budget(synthesise: Templates, sandbox: Template) -> None:
    assert resources(sandbox, "AWS::Budgets::Budget")
    for environment in ("local", "production"):
        template = synthesise(environment)["StreamingLake"]
        assert not resources(template, "AWS::Budgets::Budget")


def test_the_stack_has_the_documented_outputs(sandbox: Template) -> None:
    output_names = {
        "StreamName",
        "RawBucketName",
        "LakeBucketName",
        "DatabaseName",
        "WorkGroupName",
    }
    output_names |= {"EventsTableName", "CuratedTableName", "AlarmTopicArn"}
    assert output_names <= set(sandbox["Outputs"])


def test_a_name_prefix_is_part_of_each_fixed_name(synthesise: Templates) -> None:
    templates = synthesise("sandbox", ("name_prefix", "Blue-"))
    assert all(stack_name.startswith("Blue-") for stack_name in templates)
    name = "Blue-StreamingLake"
    template = templates[name]
    assert properties_of(template, "AWS::Athena::WorkGroup")["Name"] == name
    database = properties_of(template, "AWS::Glue::Database")["DatabaseInput"]["Name"]
    assert database == "blue_streaminglake"


def test_the_schedule_of_the_job_runs_without_anybody_who_starts_it(synthesise: Templates) -> None:
    """Glue creates a trigger stopped, and CloudFormation starts it only if it is told to."""
    template = synthesise("production")["StreamingLake"]
    (trigger,) = resources(template, "AWS::Glue::Trigger").values()
    assert trigger["Properties"]["Type"] == "SCHEDULED"
    assert trigger["Properties"]["StartOnCreation"] is True
