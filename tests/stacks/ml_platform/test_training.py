"""The training stack: what each role may read and write, and from where."""

from typing import Any

import pytest

from stacks.catalogue import ENVIRONMENTS, make_app
from stacks.ml_platform.container_images import REGISTRIES, ContainerImages
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.ml_platform.training.job_guardrails import guard_rails
from tests.conftest import Templates, readable, resources

Template = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def training(synthesise: Templates, environment: str) -> Template:
    template: Template = synthesise(environment)["MlTraining"]
    return template


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    """The statements of a role's inline policy by Sid."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def bucket_reads_and_writes(template: Template, role: str) -> dict[str, set[str]]:
    """S3 object action -> the key patterns that a role may use it on, in any bucket."""
    resources_by_action: dict[str, set[str]] = {}
    for statement in statements(template, role).values():
        actions = statement["Action"]
        statement_resources = statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            if action.startswith("s3:") and action.endswith("Object"):
                for arn in (
                    statement_resources
                    if isinstance(statement_resources, list)
                    else [statement_resources]
                ):
                    resources_by_action.setdefault(action, set()).add(str(arn).partition("/")[2])
    return resources_by_action


def without_code(keys: set[str]) -> set[str]:
    """The keys except those of code archives."""
    return {key for key in keys if not key.endswith(".gz")}


def test_the_training_role_reads_two_splits_and_writes_models_and_checkpoints(
    training: Template,
) -> None:
    keys_by_action = bucket_reads_and_writes(training, "Roles/Training")
    assert without_code(keys_by_action["s3:GetObject"]) == {
        "training/*split=train/*",
        "training/*split=validation/*",
        "checkpoints/*",
    }
    assert keys_by_action["s3:PutObject"] == {"models/*", "checkpoints/*"}
    assert keys_by_action["s3:DeleteObject"] == {"checkpoints/*"}


def test_the_evaluation_role_reads_every_split_and_writes_only_the_report(
    training: Template,
) -> None:
    keys_by_action = bucket_reads_and_writes(training, "Roles/Evaluation")
    assert without_code(keys_by_action["s3:GetObject"]) == {
        "training/*split=train/*",
        "training/*split=validation/*",
        "training/*split=test/*",
        "models/*",
    }
    assert keys_by_action["s3:PutObject"] == {"evaluation/*"}
    assert "s3:DeleteObject" not in keys_by_action


def test_job_roles_may_use_the_key_only_for_s3_and_volumes(training: Template) -> None:
    for role in ("Roles/Training", "Roles/Evaluation"):
        key_statement, volume_statement = (
            statements(training, role)[sid] for sid in ("UseTheKey", "EncryptItsVolumes")
        )
        services = key_statement["Condition"]["StringEquals"]["kms:ViaService"]
        assert services == ["s3.{AWS::Region}.{AWS::URLSuffix}"]
        assert volume_statement["Action"] == "kms:CreateGrant"
        assert volume_statement["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_training_may_use_the_lakes_key_only_if_it_reads_from_the_lake(
    training: Template, environment: str
) -> None:
    from_lake = ENVIRONMENTS[environment].settings(MlTrainingSettings).from_lake
    role_statements = statements(training, "Roles/Training")
    assert ("ReadUnderTheLakesKey" in role_statements) is from_lake
    if from_lake:
        assert role_statements["ReadUnderTheLakesKey"]["Action"] == "kms:Decrypt"


def test_objects_are_reachable_from_the_vpc_only_and_can_be_deleted(synthesise: Templates) -> None:
    administrator = "arn:aws:iam::*:role/data-team"
    templates = synthesise("sandbox", ("ml_training.data_administrators", administrator))
    for name in ("MlTraining", "MlEndpoint"):
        policy = resources(templates[name], "AWS::S3::BucketPolicy")["Bucket/Policy"]
        (vpc_statement,) = [
            readable(templates[name], statement)
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement.get("Sid") == "OnlyFromTheVpc"
        ]
        # Listing and deleting stay allowed, so that the owner can remove the bucket.
        assert vpc_statement["Action"] == ["s3:GetObject", "s3:PutObject"]
        assert vpc_statement["Effect"] == "Deny"
        assert set(vpc_statement["Condition"]["StringNotEquals"]) == {
            "aws:SourceVpce",
            "aws:PrincipalTag/reaches-buckets-from",
        }
        root = "arn:{AWS::Partition}:iam::{AWS::AccountId}:root"
        assert vpc_statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [root, administrator]


def test_job_roles_lack_the_tag_for_access_from_outside_the_vpc(training: Template) -> None:
    for name, role in resources(training, "AWS::IAM::Role").items():
        if name.startswith("Roles/"):
            tags = {tag["Key"] for tag in role["Properties"]["Tags"]}
            assert "reaches-buckets-from" not in tags


def test_guard_rails_deny_jobs_without_network_or_key() -> None:
    rails = [rail.to_statement_json() for rail in guard_rails()]
    assert {rail["Effect"] for rail in rails} == {"Deny"}
    condition_keys = {key for rail in rails for key in rail["Condition"].get("Null", {})}
    assert condition_keys == {
        "sagemaker:VpcSubnets",
        "sagemaker:VpcSecurityGroupIds",
        "sagemaker:VolumeKmsKey",
        "sagemaker:VolumeKmsKeyArn",
        "sagemaker:OutputKmsKey",
        "sagemaker:OutputKmsKeyArn",
    }
    unencrypted = [rail for rail in rails if "BoolIfExists" in rail["Condition"]]
    assert len(unencrypted) == 1
    create_actions = {"sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob"}
    for rail in rails:
        assert create_actions <= set(rail["Action"])


def test_an_unsupported_region_is_reported_with_the_supported_ones() -> None:
    import aws_cdk as cdk

    app = make_app({"env": "sandbox"})
    stack = cdk.Stack(app, "There", env=cdk.Environment(region="mx-central-1"))
    with pytest.raises(
        ValueError, match=r"not known in mx-central-1. Deploy to one of: af-south-1"
    ):
        ContainerImages(stack, "Images")


def test_a_known_region_needs_no_mapping() -> None:
    import aws_cdk as cdk

    app = make_app({"env": "sandbox"})
    stack = cdk.Stack(app, "Here", env=cdk.Environment(region="eu-west-1"))
    assert REGISTRIES["eu-west-1"] in str(stack.resolve(ContainerImages(stack, "Images").xgboost))


def test_an_old_model_is_told_of_where_a_setting_says_what_is_old(synthesise: Templates) -> None:
    kind = "AWS::CloudWatch::Alarm"
    assert "ModelAge/TooOld" not in resources(synthesise("sandbox")["MlTraining"], kind)
    template = synthesise("sandbox", ("ml_training.oldest_model_days", "90"))["MlTraining"]
    alarm = resources(template, kind)["ModelAge/TooOld"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ModelAge", 90)
    # CloudWatch looks back seven days at most: 604,800 seconds.
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 604_800
    (rule,) = resources(template, "AWS::Events::Rule").values()
    assert rule["Properties"]["ScheduleExpression"] == "rate(1 day)"
