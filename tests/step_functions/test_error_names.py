"""Retriers and catchers name errors that Step Functions reports for their operation."""

from collections.abc import Iterator

import pytest

from local.services.contract.errors import error_names
from local.services.contract.operations import operation_of
from tests.step_functions.workflows import WORKFLOWS, Workflow
from tools.assembly.asl import State

pytestmark = pytest.mark.lint
_TASKS = [
    pytest.param(workflow, task, id=f"{workflow.name}/{task.path}")
    for workflow in WORKFLOWS
    for task in workflow.tasks
]


def named_errors(task: State) -> Iterator[str]:
    """The errors of a service that a task retries or catches; Step Functions' own left out."""
    for entry in [*task.body.get("Retry", []), *task.body.get("Catch", [])]:
        yield from (error for error in entry["ErrorEquals"] if not error.startswith("States."))


@pytest.mark.parametrize(("workflow", "task"), _TASKS)
def test_every_named_error_is_one_of_the_operation(workflow: Workflow, task: State) -> None:
    operation = operation_of(task.body["Resource"])
    assert operation is not None, task.body["Resource"]
    unknown = set(named_errors(task)) - error_names(operation)
    assert not unknown, (
        f"{workflow.file}: {task.name} names {sorted(unknown)}, and Step Functions reports"
        f" {sorted(error_names(operation))} for {operation.id}"
    )
