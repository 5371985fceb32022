"""What the site reads off templates and settings: rights, keys, ways, alarms, settings."""

from typing import Any

import pytest

from stacks.catalogue import ARCHITECTURES, setting_names
from tests.conftest import Templates
from tools.assembly import Templates as ByStack
from tools.costs.architectures import only
from tools.site import alarms, encryption, rights, settings_reference
from tools.site.boxes import boxes, files_beside
from tools.site.pictures import edges


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def templates(synthesise: Templates) -> ByStack:
    return synthesise("sandbox")


def test_the_matrix_holds_every_action_of_every_policy(
    architecture: str, templates: ByStack
) -> None:
    own = only(templates, architecture)
    matrix = rights.matrix(own)
    allowed = {
        action
        for template in own.values()
        for resource in template["Resources"].values()
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        if resource["Properties"].get("Roles")
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        for action in rights.listed(statement["Action"])
    }
    assert allowed
    assert not [action for action in allowed if f"`{action}`" not in matrix]


def test_a_role_is_told_with_who_assumes_it_and_on_what_condition(templates: ByStack) -> None:
    matrix = rights.matrix(only(templates, "streaming-lake"))
    transform = matrix.partition("#### TransformRole\n")[2].partition("####")[0]
    assert "assumed by `lambda.amazonaws.com`" in transform
    assert "| `s3:PutObject` | `{Storage/Lake.Arn}/rejected/*` |  |" in transform
    assert "kms:ViaService" in transform


def test_all_that_keeps_data_is_under_a_key_and_says_which(
    architecture: str, templates: ByStack
) -> None:
    rows = encryption.stores(only(templates, architecture)).splitlines()[2:]
    for row in rows:
        assert "AccessLogs`" in row or "Key" in row, row
    buckets = [row for row in rows if "| bucket |" in row]
    assert buckets
    assert all("| its policy |" in row for row in buckets)


def test_a_store_without_a_key_is_told_as_such() -> None:
    table = encryption.stores({"X": {"Resources": {"Open": {"Type": "AWS::S3::Bucket"}}}})
    assert "| `Open` | bucket | S3's own key" in table
    assert "| the service |" in table


def test_each_arrow_of_the_picture_has_its_way(architecture: str, templates: ByStack) -> None:
    rows = encryption.hops(architecture, templates).splitlines()[2:]
    assert len(rows) == len(edges(architecture, templates))


def test_what_runs_in_the_vpc_leaves_it_by_endpoints_alone(templates: ByStack) -> None:
    hops = encryption.hops("ml-platform", templates)
    assert "| Training jobs (SageMaker) | Bucket (S3 bucket) | out of the VPC by S3's" in hops
    own = only(templates, "ml-platform")
    assert "| `sagemaker.runtime` | interface | `sagemaker:InvokeEndpoint`" in (
        encryption.vpc_endpoints(own)
    )
    assert not encryption.vpc_endpoints(only(templates, "streaming-lake"))


def test_every_alarm_is_in_the_runbook(architecture: str, templates: ByStack) -> None:
    own = only(templates, architecture)
    made: list[dict[str, Any]] = [
        resource["Properties"]
        for template in own.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    runbook = alarms.runbook(own)
    assert made
    for alarm in made:
        assert alarm["AlarmDescription"] in runbook


def test_every_setting_is_in_the_reference_with_what_it_takes() -> None:
    page = settings_reference.page()
    for name in setting_names():
        assert f'<a id="{name}"></a>' in page
    (shards,) = (line for line in page.splitlines() if 'id="streaming_lake.shards"' in line)
    assert "at least 1, at most 1000; `none`" in shards
    assert "One shard takes 1 MiB/s" in shards


def test_every_box_has_a_file_and_a_sentence(architecture: str) -> None:
    found = list(boxes(architecture))
    assert len(found) >= 7
    assert all(each.summary for each in found)


def test_what_belongs_to_an_architecture_is_found_by_what_its_stacks_name() -> None:
    beside = files_beside("ml-platform")
    assert [path.split("/")[1] for path in beside["workflows"]] == [
        "deploy_model.asl.json",
        "train_model.asl.json",
        "transform_batch.asl.json",
    ]
    assert "lambdas/ml_platform/predict_delay/handler.py" in beside["functions"]
    assert "models/ml_platform/flight_delay/train.py" in beside["models"]
    assert files_beside("language-chain")["queries"]
