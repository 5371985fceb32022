"""The platform in the embedded AWS: a training under its own role, a roll-out, and calls."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox import deployment, emulator, training_set
from sandbox.emulator import Emulator
from sandbox.prediction_api import PredictionApi
from sandbox.workspace import Workspace

pytestmark = pytest.mark.sandbox


@dataclass
class Platform:
    """A deployed platform with a training set in its own bucket."""

    emulator: Emulator
    training: dict[str, str]
    endpoint: dict[str, str]

    def execute(self, machine: str, given: dict[str, Any]) -> dict[str, Any]:
        """What an execution ended with."""
        states = self.emulator.client("stepfunctions")
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))
        while True:
            found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.2)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    workspace = Workspace(tmp_path_factory.mktemp("platform"))
    try:
        running = emulator.start(workspace, [])
        cli = deployment.CdkCli(running, workspace)
        deployment.synthesise(cli, workspace, {"ml_training.from_lake": "false"})
        deployment.bootstrap(cli, running)
        outputs = deployment.deploy(cli, workspace, ["MlNetwork", "MlTraining", "MlEndpoint"])
        emulator.serve_sagemaker(workspace, running)
        folder = workspace.scratch / "set"
        training_set.write(folder, 6_000)
        for file in folder.rglob("part-0"):
            key = f"training/{file.relative_to(folder)}"
            bucket = outputs["MlTraining"]["BucketName"]
            running.client("s3").upload_file(str(file), bucket, key)
        yield Platform(running, outputs["MlTraining"], outputs["MlEndpoint"])
    finally:
        emulator.stop(workspace)


@pytest.fixture(scope="module")
def trained(platform: Platform) -> dict[str, Any]:
    """The first training, which the set of January passes."""
    return platform.execute(platform.training["StateMachineArn"], {})


def test_a_model_is_trained_judged_and_registered(trained: dict[str, Any]) -> None:
    assert trained["status"] == "SUCCEEDED", trained.get("cause")
    output = json.loads(trained["output"])
    assert output["registered"] is True
    assert output["report"]["gain"] > 0.01


def test_its_approval_rolls_it_out_and_the_api_answers(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    states = platform.emulator.client("stepfunctions")
    machine = platform.endpoint["StateMachineArn"]
    deadline = time.monotonic() + 60
    status = "none"
    while time.monotonic() < deadline and status != "SUCCEEDED":
        found = states.list_executions(stateMachineArn=machine)["executions"]
        status = found[0]["status"] if found else "none"
        assert status in ("none", "RUNNING", "SUCCEEDED")
        time.sleep(0.3)
    api = PredictionApi(platform.emulator, platform.endpoint["ApiUrl"])
    flight = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
    flight |= {"hour": 22, "distance_miles": 1400}
    answer = api.ask([flight], x_correlation_id="test-1")
    assert answer.status_code == 200
    assert answer.headers["x-correlation-id"] == "test-1"
    assert answer.json()["model_variant"] == "champion"
    assert 0 < answer.json()["predictions"][0]["probability"] < 1
    assert api.ask([{**flight, "hour": 24}]).status_code == 400
    assert api.ask([flight], x_target_variant="nobody").status_code == 400


def test_a_package_that_serves_already_is_left_alone(
    platform: Platform, trained: dict[str, Any]
) -> None:
    package = json.loads(trained["output"])["model_package_arn"]
    again = platform.execute(platform.endpoint["StateMachineArn"], {"model_package_arn": package})
    assert json.loads(again["output"])["deployed"] is False


def test_a_set_without_data_fails_in_plain_words(platform: Platform) -> None:
    nothing = f"s3://{platform.training['BucketName']}/training/nothing/"
    failed = platform.execute(platform.training["StateMachineArn"], {"training_data": nothing})
    assert (failed["status"], failed["error"]) == ("FAILED", "NoData")
    assert "holds nothing of: train, validation, test" in failed["cause"]


@pytest.mark.parametrize("purpose", ["ReadTheSet", "WriteTheModel", "FindTheSet", "UseTheKey"])
def test_training_fails_without_each_of_these_rights(platform: Platform, purpose: str) -> None:
    iam = platform.emulator.client("iam")
    (role,) = [
        each["RoleName"]
        for each in iam.list_roles()["Roles"]
        if "MlTraining-RolesTraining" in each["RoleName"]
    ]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = [each for each in whole["Statement"] if each["Sid"] != purpose]
    assert len(less) == len(whole["Statement"]) - 1
    document = json.dumps({**whole, "Statement": less})
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    try:
        failed = platform.execute(platform.training["StateMachineArn"], {})
    finally:
        whole_again = json.dumps(whole)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=whole_again)
    assert failed["status"] == "FAILED"
    assert "while training" in failed["cause"]


def test_the_buckets_refuse_jobs_that_come_from_outside_the_vpc(platform: Platform) -> None:
    (role,) = [
        each["Arn"]
        for each in platform.emulator.client("iam").list_roles()["Roles"]
        if "MlTraining-RolesTraining" in each["RoleName"]
    ]
    outside = platform.emulator.client("s3", platform.emulator.assume(role, "sagemaker"))
    key = "training/split=train/part-0"
    with pytest.raises(Exception, match=r"AccessDenied|not authorized|Access Denied"):
        outside.get_object(Bucket=platform.training["BucketName"], Key=key)
