"""Each workflow of the platform runs its tasks under its own role: one task of each is denied.

`tests/iam` takes away every statement, action and resource of these roles and asks IAM about the
requests of every task. Here, executions show that the local AWS asks the same under the role of
the execution, and that a denial ends it.
"""

import json
from typing import Any

import pytest

from local.demos.ml_platform import pipeline
from tests.local.conftest import Platform, denials, without

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed platform")]

TRAIN, DEPLOY = "MlTraining-TrainingWorkflowRole", "MlEndpoint-DeploymentWorkflowRole"
BATCH = "MlEndpoint-BatchWorkflowRole"


def denied(platform: Platform, execution: dict[str, Any]) -> list[str]:
    return denials(platform.emulator.client("stepfunctions"), execution["executionArn"])


def test_training_is_denied_without_the_right_to_start_jobs(platform: Platform) -> None:
    with without(platform.emulator, TRAIN, "RunItsJobs"):
        execution = platform.execute(platform.training["StateMachineArn"], {})
    assert execution["status"] == "FAILED"
    assert denied(platform, execution), execution.get("cause")


def test_a_failed_training_is_not_reported_without_the_right_to_publish(
    platform: Platform,
) -> None:
    nothing = {"training_data": f"s3://{platform.training['BucketName']}/training/nothing/"}
    machine = platform.training["StateMachineArn"]
    assert denied(platform, platform.execute(machine, nothing)) == []
    with without(platform.emulator, TRAIN, "Tell"):
        execution = platform.execute(machine, nothing)
    assert denied(platform, execution), execution.get("cause")


def test_a_batch_is_denied_without_the_right_to_list_files(platform: Platform) -> None:
    uri = f"s3://{platform.endpoint['BucketName']}/transform/in/"
    with without(platform.emulator, BATCH, "LookAtTheFiles"):
        execution = platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})
    assert execution["status"] == "FAILED"
    assert denied(platform, execution), execution.get("cause")


@pytest.mark.parametrize(
    ("sid", "step", "action"),
    [
        ("RunItsJobs", "Train", "sagemaker:CreateTrainingJob"),
        ("ReadTheReport", "IsItGoodEnough", "s3:GetObject"),
    ],
)
def test_a_pipeline_is_denied_what_its_role_does_not_allow(
    platform: Platform, trained: dict[str, Any], sid: str, step: str, action: str
) -> None:
    parameters = {
        "TrainingSet": json.loads(trained["output"])["training_data"],
        "ApprovalStatus": "PendingManualApproval",
    }
    with without(platform.emulator, "MlTraining-PipelineRole", sid):
        execution = pipeline.execute(
            platform.emulator, platform.training["PipelineName"], parameters
        )
    assert execution.status == "Failed"
    *_, last_step = execution.steps
    assert last_step == step
    assert f"not authorized to perform: {action}" in execution.reason


# The second: the model's role reads the alarms that roll a deployment back. It comes last, as it
# leaves a deployment half done.
@pytest.mark.parametrize(
    ("role", "sid"), [(DEPLOY, "LookAtThePackage"), ("MlEndpoint-Role", "WatchTheRollOut")]
)
def test_an_approved_model_is_not_rolled_out_without(
    platform: Platform, trained: dict[str, Any], role: str, sid: str
) -> None:
    assert trained["status"] == "SUCCEEDED"
    number = len(platform.roll_outs())
    with without(platform.emulator, role, sid):
        training = platform.execute(platform.training["StateMachineArn"], {})
        platform.wait_for_roll_outs(number + 1)
    assert training["status"] == "SUCCEEDED", training.get("cause")
    newest, *_ = platform.roll_outs()
    assert newest["status"] == "FAILED"
    assert denied(platform, newest)
