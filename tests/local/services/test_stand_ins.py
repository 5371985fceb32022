"""Every task that the local Step Functions passes on is answered."""

from pathlib import Path

import pytest

from local.runtime.emulator import Emulator
from local.services.contract.operations import operation_of
from local.services.rules.sagemaker import TRAINING
from local.services.task import TaskError
from local.services.tasks import Tasks
from tests.step_functions.workflows import WORKFLOWS

# The emulator itself serves no operation of these for a workflow.
PASSED_ON = {
    "applicationautoscaling",
    "comprehend",
    "polly",
    "sagemaker",
    "transcribe",
    "translate",
}
RESOURCES = sorted(
    {
        str(state.body["Resource"])
        for workflow in WORKFLOWS
        for state in workflow.tasks
        if (operation := operation_of(state.body["Resource"]))
        and operation.task_service in PASSED_ON
    }
)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_task_has_a_stand_in(resource: str, tmp_path: Path) -> None:
    operation = operation_of(resource)
    assert operation is not None
    tasks = Tasks(Emulator(1, tmp_path / "authority.pem"), tmp_path)
    assert tasks.stand_in(operation) is not None


def test_a_job_beyond_the_quota_is_refused_with_an_error_that_workflows_wait_for(
    tmp_path: Path,
) -> None:
    quotas = {"ml.m5.large for training job usage": 0}
    tasks = Tasks(Emulator(1, tmp_path / "authority.pem"), tmp_path, quotas)
    with pytest.raises(TaskError) as refusal:
        tasks.answer("arn:aws:states:::sagemaker:createTrainingJob.sync", TRAINING)
    assert refusal.value.error in {
        error
        for workflow in WORKFLOWS
        for state in workflow.tasks
        for retrier in state.body.get("Retry", [])
        for error in retrier["ErrorEquals"]
    }
    assert "Service Quotas" in refusal.value.cause
