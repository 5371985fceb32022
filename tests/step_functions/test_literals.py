"""What a definition writes into a request literally is within the limits of the API."""

from typing import Any

import pytest

from local.services.contract.limits import violations
from local.services.contract.operations import operation_of
from tests.step_functions.workflows import WORKFLOWS, Workflow
from tools.assembly.asl import State

# What no expression can mend; a request may lack what an expression adds.
_LIMITS = {"enum", "length", "pattern", "value"}


def literals(value: Any, substitutions: dict[str, str]) -> Any:
    """A value without expressions; None if nothing is left."""
    if isinstance(value, str):
        if value.startswith("{%"):
            return None
        for name, text in substitutions.items():
            value = value.replace(f"${{{name}}}", text)
        return value
    if isinstance(value, dict):
        entries = {name: literals(entry, substitutions) for name, entry in value.items()}
        return {name: entry for name, entry in entries.items() if entry is not None} or None
    if isinstance(value, list):
        items = [literals(entry, substitutions) for entry in value]
        # A list's own length counts only if all of its items are known.
        return None if None in items else items
    return value


def beyond_limits(task: State, substitutions: dict[str, str]) -> list[str]:
    operation = operation_of(task.body["Resource"])
    arguments = literals(task.body.get("Arguments"), substitutions)
    if operation is None or operation.service == "lambda" or not isinstance(arguments, dict):
        return []
    shape = operation.model.input_shape
    members = {name.lower(): member for name, member in shape.members.items()} if shape else {}
    return [
        f"{task.name}, {name}: {violation.message}"
        for name, value in arguments.items()
        if name.lower() in members
        for violation in violations(members[name.lower()], value)
        if violation.limit in _LIMITS
    ]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_literals_are_within_the_limits_of_the_api(workflow: Workflow) -> None:
    substitutions = dict(workflow.deployed.substitutions)
    assert [line for task in workflow.tasks for line in beyond_limits(task, substitutions)] == []


def test_a_literal_beyond_a_limit_is_found() -> None:
    body = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTransformJob.sync",
        "Arguments": {"BatchStrategy": "${Strategy}", "ModelName": "{% $model %}"},
    }
    (line,) = beyond_limits(State("Transform", body, ()), {"Strategy": "Some"})
    assert line.startswith("Transform, BatchStrategy: ")
