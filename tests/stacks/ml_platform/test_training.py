"""The platform's buckets and roles: who reads and writes what, from where."""

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
    """Sid -> statement, of a role's own policy."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def bucket_reads_and_writes(template: Template, role: str) -> dict[str, set[str]]:
    """S3 object action -> the keys that a role may use it on, of whatever bucket."""
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
    return {key for key in keys if not key.endswith(".gz")}


def test_training_reads_the_set_and_writes_models_and_checkpoints(training: Template) -> None:
    uses = bucket_reads_and_writes(training, "Roles/Training")
    assert without_code(uses["s3:GetObject"]) == {
        "training/*split=train/*",
        "training/*split=validation/*",
        "checkpoints/*",
    }
    assert uses["s3:PutObject"] == {"models/*", "checkpoints/*"}
    assert uses["s3:DeleteObject"] == {"checkpoints/*"}


def test_evaluation_reads_what_training_does_not_and_writes_the_report_alone(
    training: Template,
) -> None:
    uses = bucket_reads_and_writes(training, "Roles/Evaluation")
    assert without_code(uses["s3:GetObject"]) == {
        "training/*split=train/*",
        "training/*split=test/*",
        "models/*",
    }
    assert uses["s3:PutObject"] == {"evaluation/*"}
    assert "s3:DeleteObject" not in uses


def test_jobs_use_the_key_through_s3_and_lend_it_to_volumes_only(training: Template) -> None:
    for role in ("Roles/Training", "Roles/Evaluation"):
        use, volumes = (
            statements(training, role)[sid] for sid in ("UseTheKey", "EncryptItsVolumes")
        )
        through = use["Condition"]["StringEquals"]["kms:ViaService"]
        assert through == ["s3.{AWS::Region}.{AWS::URLSuffix}"]
        assert volumes["Action"] == "kms:CreateGrant"
        assert volumes["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_the_lakes_set_is_read_under_the_lakes_key(training: Template, environment: str) -> None:
    from_lake = ENVIRONMENTS[environment].settings(MlTrainingSettings).from_lake
    reads = statements(training, "Roles/Training")
    assert ("ReadUnderTheLakesKey" in reads) is from_lake
    if from_lake:
        assert reads["ReadUnderTheLakesKey"]["Action"] == "kms:Decrypt"


def test_the_bucket_is_bound_to_the_vpc_and_can_be_emptied(synthesise: Templates) -> None:
    administrator = "arn:aws:iam::*:role/data-team"
    templates = synthesise("sandbox", ("ml_training.data_administrators", administrator))
    for name in ("MlTraining", "MlEndpoint"):
        policy = resources(templates[name], "AWS::S3::BucketPolicy")["Bucket/Policy"]
        (bound,) = [
            readable(templates[name], statement)
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement.get("Sid") == "OnlyFromTheVpc"
        ]
        # Neither listing nor deleting: the owner must be able to take the bucket down.
        assert bound["Action"] == ["s3:GetObject", "s3:PutObject"]
        assert bound["Effect"] == "Deny"
        assert set(bound["Condition"]["StringNotEquals"]) == {
            "aws:SourceVpce",
            "aws:PrincipalTag/reaches-buckets-from",
        }
        root = "arn:{AWS::Partition}:iam::{AWS::AccountId}:root"
        assert bound["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [root, administrator]


def test_job_roles_are_not_marked_to_reach_the_bucket_from_outside(training: Template) -> None:
    for name, role in resources(training, "AWS::IAM::Role").items():
        if name.startswith("Roles/"):
            tags = {tag["Key"] for tag in role["Properties"]["Tags"]}
            assert "reaches-buckets-from" not in tags


def test_guard_rails_refuse_jobs_that_name_no_network_and_no_key() -> None:
    rails = [rail.to_statement_json() for rail in guard_rails()]
    assert {rail["Effect"] for rail in rails} == {"Deny"}
    condition_keys = {key for rail in rails for key in rail["Condition"].get("Null", {})}
    assert condition_keys == {
        "sagemaker:VpcSubnets",
        "sagemaker:VpcSecurityGroupIds",
        "sagemaker:VolumeKmsKey",
        "sagemaker:OutputKmsKey",
    }
    unencrypted = [rail for rail in rails if "BoolIfExists" in rail["Condition"]]
    assert len(unencrypted) == 1
    started = {"sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob"}
    for rail in rails:
        assert started <= set(rail["Action"])


def test_an_unsupported_region_is_named_with_those_that_are() -> None:
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
