"""The curated flights in S3 Tables, by setting."""

from typing import Any

import pytest

from stacks.catalogue import make_app
from stacks.environments import SettingsError
from tests.conftest import Templates, flat, readable, resources

SETTING = ("streaming_lake.table_format", "s3_tables")


@pytest.fixture
def template(synthesise: Templates) -> dict[str, Any]:
    result: dict[str, Any] = synthesise("sandbox", SETTING)["StreamingLake"]
    return result


def bucket_name(template: dict[str, Any]) -> str:
    (bucket,) = resources(template, "AWS::S3Tables::TableBucket").values()
    return str(bucket["Properties"]["TableBucketName"])


def statements(template: dict[str, Any], role: str) -> dict[str, Any]:
    """Sid -> statement of the policy of a role or the managed policy at a construct path."""
    policies = {
        **resources(template, "AWS::IAM::Policy"),
        **resources(template, "AWS::IAM::ManagedPolicy"),
    }
    document = readable(template, policies[role]["Properties"]["PolicyDocument"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_the_bucket_maintains_one_encrypted_table(template: dict[str, Any]) -> None:
    (bucket,) = resources(template, "AWS::S3Tables::TableBucket").values()
    encryption = readable(template, bucket["Properties"]["EncryptionConfiguration"])
    assert encryption == {"SSEAlgorithm": "aws:kms", "KMSKeyArn": "{Key.Arn}"}
    (table,) = resources(template, "AWS::S3Tables::Table").values()
    assert table["Properties"]["SnapshotManagement"]["MaxSnapshotAgeHours"] == 5 * 24
    assert not resources(template, "AWS::Glue::TableOptimizer")


def test_its_maintenance_may_use_the_key_for_its_tables_alone(template: dict[str, Any]) -> None:
    (key,) = resources(template, "AWS::KMS::Key").values()
    policy = readable(template, key["Properties"]["KeyPolicy"])
    (statement,) = [
        statement
        for statement in policy["Statement"]
        if statement["Principal"].get("Service") == "maintenance.s3tables.amazonaws.com"
    ]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    (context,) = statement["Condition"]["ArnLike"].values()
    assert context.endswith(f":bucket/{bucket_name(template)}/*")


def test_the_job_commits_through_its_catalogue_and_to_no_prefix_of_the_lake(
    template: dict[str, Any],
) -> None:
    (job,) = resources(template, "AWS::Glue::Job").values()
    settings = readable(template, job["Properties"]["DefaultArguments"]["--conf"])
    assert "glue_catalog.type=rest" in settings
    assert "glue_catalog.rest.signing-name=s3tables" in settings
    role = statements(template, "Curation/Role/DefaultPolicy")
    assert role["CommitToTheTable"]["Resource"] == "{Catalog/Curated.TableARN}"
    assert "s3tables:PutTableData" in role["CommitToTheTable"]["Action"]
    assert "curated/" not in flat(role)
    assert "glue:UpdateTable" not in flat(role)


def test_queries_and_analysts_name_the_table_of_the_bucket(template: dict[str, Any]) -> None:
    queries = resources(template, "AWS::Athena::NamedQuery").values()
    texts = [str(readable(template, query["Properties"]["QueryString"])) for query in queries]
    assert len(texts) == 4
    table = f'"s3tablescatalog/{bucket_name(template)}"."streaminglake"."flights_curated"'
    assert all(f"FROM {table}" in text for text in texts)
    analyst = statements(template, "People/Analyst")
    assert analyst["ReadTheTableBucket"]["Resource"] == "{Catalog/Curated.TableARN}"
    assert "curated/" not in flat(analyst["ReadTheTables"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"env": "local", "ml_training.from_lake": "false"}, "no S3 Tables"),
        (
            {"env": "sandbox", "streaming_lake.lake_formation": "arn:aws:iam::111122223333:role/a"},
            "lake_formation needs table_format=glue",
        ),
        ({"env": "sandbox", "ml_training.from_lake": "true"}, "ml_training.from_lake"),
    ],
)
def test_what_it_cannot_go_with_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make_app({**settings, "alarm_email": "none", SETTING[0]: SETTING[1]})
