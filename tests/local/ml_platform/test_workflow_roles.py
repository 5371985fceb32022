"""Each statement of the platform's workflow roles is needed: without it, IAM denies a task."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.runtime.workspace import Workspace
from tests.local.conftest import Platform, denials, running_platform, statement_ids, without

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("workflow roles of the platform")]

TRAIN, DEPLOY = "MlTraining-TrainingWorkflowRole", "MlEndpoint-DeploymentWorkflowRole"
BATCH = "MlEndpoint-BatchWorkflowRole"
# The local Step Functions delivers neither logs nor traces, and no workflow starts a job that a
# guard rail refuses (tests/iam asks for all of these).
NOT_TESTABLE = [
    "DeliverItsLogs",
    "EncryptItsLogs",
    "RefuseUnencryptedBetweenContainers",
    "RefuseWithoutOutputKmsKey",
    "RefuseWithoutVolumeKmsKey",
    "RefuseWithoutVpcSecurityGroupIds",
    "RefuseWithoutVpcSubnets",
    "Trace",
]
TRAINS = ["EncryptItsExecutions", "LendTheJobRoles", "LookAtTheSet", "RunItsJobs", "WaitForJobs"]
TRAINS += ["LookAtTheImages", "ReadTheModel", "ReadThePreparation", "ReadTheReport", "Register"]
FAILS_TO_TRAIN = ["Tell", "UseTheKeyOfItsData"]
DEPLOYS = [
    "ChangeItsInstances",
    "CreateTheRoleOfScaling",
    "DescribeTheKey",
    "EncryptItsExecutions",
    "KeepItsScalingAlarms",
    "KeepModelsAndConfigurations",
    "KeepStatistics",
    "LendTheKeyToTheEndpoint",
    "LendTheServingRole",
    "LookAtThePackage",
    "ReadStatistics",
    "RollOut",
    "Scale",
    "Tell",
    "UseTheKeyOfItsData",
    "WatchTheRollOut",
]
TRANSFORMS = ["BorrowAModel", "EncryptItsExecutions", "FindTheNewestModel", "LendTheServingRole"]
TRANSFORMS += ["LookAtTheSet", "RunItsJobs", "Tell", "TellUnderTheKey", "WaitForJobs"]
OWN_TRANSFORMS = ["LookAtTheFlights"]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform of this file's own: a denied roll-out leaves an endpoint half changed."""
    with running_platform(Workspace(tmp_path_factory.mktemp("roles"))) as own:
        yield own


@pytest.fixture(scope="module")
def trained(platform: Platform) -> dict[str, Any]:
    """The first training, whose model was registered and rolled out."""
    execution = platform.execute(platform.training["StateMachineArn"], {})
    platform.wait_for_roll_outs()
    return execution


@pytest.mark.parametrize(
    ("role", "tested"),
    [
        (TRAIN, [*TRAINS, *FAILS_TO_TRAIN]),
        (DEPLOY, DEPLOYS),
        (BATCH, [*TRANSFORMS, *OWN_TRANSFORMS]),
    ],
)
def test_every_statement_is_tested(platform: Platform, role: str, tested: list[str]) -> None:
    assert statement_ids(platform.emulator, role) == sorted([*tested, *NOT_TESTABLE])


def denied(platform: Platform, execution: dict[str, Any]) -> list[str]:
    return denials(platform.emulator.client("stepfunctions"), execution["executionArn"])


@pytest.fixture(scope="module")
def packages(platform: Platform, trained: dict[str, Any]) -> list[str]:
    """Two registered packages, one of which serves."""
    again = platform.execute(platform.training["StateMachineArn"], {})
    platform.wait_for_roll_outs()
    return [json.loads(run["output"])["model_package_arn"] for run in (trained, again)]


def deploy(platform: Platform, packages: list[str]) -> dict[str, Any]:
    """A deployment of the package that does not serve yet."""
    for package in packages:
        execution = platform.execute(
            platform.endpoint["StateMachineArn"], {"model_package_arn": package}
        )
        if "serves already" not in execution.get("output", ""):
            return execution
    raise AssertionError("both packages serve")


@pytest.mark.parametrize("sid", DEPLOYS)
def test_deploying_is_denied_without(platform: Platform, packages: list[str], sid: str) -> None:
    with without(platform.emulator, DEPLOY, sid):
        execution = deploy(platform, packages)
    assert denied(platform, execution), execution.get("cause")


def test_the_models_must_read_the_alarms_that_roll_back(
    platform: Platform, packages: list[str]
) -> None:
    with without(platform.emulator, "MlEndpoint-Role", "WatchTheRollOut"):
        assert denied(platform, deploy(platform, packages))


@pytest.mark.parametrize("sid", TRAINS)
def test_training_is_denied_without(platform: Platform, sid: str) -> None:
    with without(platform.emulator, TRAIN, sid):
        execution = platform.execute(platform.training["StateMachineArn"], {})
    assert execution["status"] == "FAILED"
    assert denied(platform, execution), execution.get("cause")


@pytest.mark.parametrize("sid", FAILS_TO_TRAIN)
def test_a_failed_training_is_not_reported_without(platform: Platform, sid: str) -> None:
    nothing = {"training_data": f"s3://{platform.training['BucketName']}/training/nothing/"}
    machine = platform.training["StateMachineArn"]
    assert denied(platform, platform.execute(machine, nothing)) == []
    with without(platform.emulator, TRAIN, sid):
        execution = platform.execute(machine, nothing)
    assert denied(platform, execution), execution.get("cause")


@pytest.mark.parametrize("sid", TRANSFORMS)
def test_transforming_is_denied_without(
    platform: Platform, trained: dict[str, Any], sid: str
) -> None:
    assert json.loads(trained["output"])["registered"]
    uri = f"s3://{platform.training['BucketName']}/training/split=test/"
    with without(platform.emulator, BATCH, sid):
        execution = platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})
    assert execution["status"] == "FAILED"
    assert denied(platform, execution), execution.get("cause")


@pytest.mark.parametrize("sid", OWN_TRANSFORMS)
def test_transforming_its_own_prefix_is_denied_without(platform: Platform, sid: str) -> None:
    uri = f"s3://{platform.endpoint['BucketName']}/transform/in/"
    with without(platform.emulator, BATCH, sid):
        execution = platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})
    assert execution["status"] == "FAILED"
    assert denied(platform, execution), execution.get("cause")
