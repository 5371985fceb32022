"""What the site reads from templates and settings: permissions, keys, paths, alarms, settings."""

import re

import pytest

from stacks.catalogue import ARCHITECTURES, setting_names
from tests.tools.conftest import Assemblies
from tools.assembly import Assembly, as_list
from tools.site import alarms, encryption, rights, settings_reference
from tools.site.boxes import boxes, files_beside
from tools.site.pictures import graph_of


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox(assemble: Assemblies) -> Assembly:
    return assemble("sandbox")


def test_the_matrix_holds_every_action_of_every_policy(
    architecture: str, sandbox: Assembly
) -> None:
    assembly = sandbox.of(architecture)
    matrix = rights.matrix(assembly)
    actions = {
        action
        for resource in assembly.resources
        if resource.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        if resource.properties.get("Roles")
        for statement in resource.properties["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    assert actions
    assert not [action for action in actions if f"`{action}`" not in matrix]


def test_a_role_is_listed_with_its_principal_and_conditions(sandbox: Assembly) -> None:
    matrix = rights.matrix(sandbox.of("streaming-lake"))
    transform = matrix.partition("#### TransformRole\n")[2].partition("####")[0]
    assert "assumed by `lambda.amazonaws.com`" in transform
    assert "| `s3:PutObject` | `{Storage/Lake.Arn}/rejected/*` |  |" in transform
    assert "kms:ViaService" in transform


def test_every_store_has_a_key_and_every_bucket_refuses_plain_http(
    architecture: str, sandbox: Assembly
) -> None:
    rows = encryption.stores(sandbox.of(architecture)).splitlines()[2:]
    for row in rows:
        assert "AccessLogs`" in row or "Key" in row, row
    buckets = [row for row in rows if "| bucket |" in row]
    assert buckets
    assert all("| its policy |" in row for row in buckets)


def test_a_store_without_a_key_says_so() -> None:
    bucket = {"Open": {"Type": "AWS::S3::Bucket"}}
    table = encryption.stores(Assembly({"Toy": {"Resources": bucket}}))
    assert "| `Open` | bucket | S3's own key" in table
    assert "| the service |" in table


def test_each_arrow_of_the_picture_has_its_path(architecture: str, sandbox: Assembly) -> None:
    graph = graph_of(architecture, sandbox)
    rows = encryption.hops(graph, sandbox.of(architecture)).splitlines()[2:]
    assert len(rows) == len(graph.edges)


def test_traffic_leaves_the_vpc_by_endpoints_only(sandbox: Assembly) -> None:
    assembly = sandbox.of("ml-platform")
    hops = encryption.hops(graph_of("ml-platform", sandbox), assembly)
    assert "| Training jobs (SageMaker) | Bucket (S3 bucket) | out of the VPC by S3's" in hops
    endpoints = encryption.vpc_endpoints(assembly)
    assert "| `sagemaker.runtime` | interface | `sagemaker:InvokeEndpoint`" in endpoints
    assert not encryption.vpc_endpoints(sandbox.of("streaming-lake"))


def test_every_alarm_is_in_the_runbook(architecture: str, sandbox: Assembly) -> None:
    assembly = sandbox.of(architecture)
    runbook = alarms.runbook(assembly)
    descriptions = [
        alarm.properties["AlarmDescription"] for alarm in assembly.of_type("AWS::CloudWatch::Alarm")
    ]
    assert descriptions
    for description in descriptions:
        assert " ".join(description.split()) in runbook


def test_every_setting_is_on_the_page_with_its_limits() -> None:
    page = settings_reference.page()
    for name in setting_names():
        assert f'<a id="{name}"></a>' in page
    (shards,) = (line for line in page.splitlines() if 'id="streaming_lake.shards"' in line)
    assert "at least 1, at most 1000; `none`" in shards


def test_every_box_has_a_file_and_a_sentence(architecture: str) -> None:
    built = list(boxes(architecture))
    assert built
    assert all(box.summary for box in built)


def test_the_files_of_an_architecture_are_those_of_its_folders() -> None:
    for name, manifest in ARCHITECTURES.items():
        for paths in files_beside(name).values():
            for path in paths:
                assert re.match(rf"\w+/{manifest.folder}/", path)
    beside = files_beside("ml-platform")
    assert "lambdas/ml_platform/predict_delay/handler.py" in beside["functions"]
    assert "models/ml_platform/flight_delay/train.py" in beside["models"]
