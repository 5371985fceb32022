"""Every workflow's definition: complete, limited in time, and within its role's permissions."""

import json
import re
from collections.abc import Callable, Iterator

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.step_functions.workflows import WORKFLOWS, Workflow, api_of, expressions
from tools.assembly import asl

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)


@each_workflow
def test_every_state_is_reached_and_leads_somewhere(workflow: Workflow) -> None:
    for _, machine in asl.machines(workflow.definition):
        states, reached, ahead = machine["States"], set(), [machine["StartAt"]]
        while ahead:
            name = ahead.pop()
            assert name in states, f"there is no state {name}"
            if name not in reached:
                reached.add(name)
                ahead += asl.successors(states[name])
        assert reached == set(states), f"never reached: {set(states) - reached}"
        for name, body in states.items():
            ends = body["Type"] in ("Succeed", "Fail") or body.get("End")
            assert bool(ends) is not bool(asl.successors(body)) or body.get("Catch"), name


@each_workflow
def test_names_of_states_are_unique(workflow: Workflow) -> None:
    names = [state.name for state in asl.states(workflow.definition)]
    assert len(names) == len(set(names))


@each_workflow
def test_every_task_has_a_timeout_and_is_retried(workflow: Workflow) -> None:
    assert workflow.definition["QueryLanguage"] == "JSONata"
    assert workflow.definition["TimeoutSeconds"] > 0
    for task in workflow.tasks:
        assert task.body["TimeoutSeconds"] > 0, task.name
        retriers = [retrier for retrier in task.body["Retry"] if retrier["MaxAttempts"]]
        assert retriers, task.name
        for retrier in retriers:
            # The validator of `make lint` sees neither.
            assert retrier["JitterStrategy"] == "FULL", task.name
            assert retrier["BackoffRate"] >= 1, task.name
            assert retrier["MaxDelaySeconds"] >= retrier["IntervalSeconds"], task.name


@each_workflow
def test_errors_are_reported_or_left_to_the_caller(workflow: Workflow) -> None:
    if workflow.deployed.called:
        for state in workflow.states.values():
            for catcher in state.body.get("Catch", []):
                assert "States.ALL" not in catcher["ErrorEquals"], state.name
        return
    for state in workflow.states.values():
        if state.type in ("Task", "Map", "Parallel") and not state.parents:
            caught = [error for catcher in state.body["Catch"] for error in catcher["ErrorEquals"]]
            assert "States.ALL" in caught, state.name
    assert workflow.states["Failed"].type == "Fail"
    assert workflow.states[workflow.reports_failures_by].body["Next"] == "Failed"


@each_workflow
def test_the_step_that_a_failure_names_is_a_state(workflow: Workflow) -> None:
    """A reader looks for it in the execution; most failures name the state that they come from."""
    text = json.dumps(workflow.definition)
    named = set(re.findall(r"""["']Step["']: (?:"|')([A-Z][^"'{$]*)["']""", text))
    assert named <= set(workflow.states)


@each_workflow
def test_every_expression_is_jsonata(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    import jsonata

    # The library raises the limit of the whole process, which other tests depend on.
    monkeypatch.setattr("sys.setrecursionlimit", lambda _: None)
    texts = expressions(workflow.definition)
    assert texts
    for text in texts:
        jsonata.Jsonata(text)
        # AWS takes an expression without a value for an error.
        assert "undefined" not in text, text


@each_workflow
def test_every_parameter_is_one_that_the_service_knows(workflow: Workflow) -> None:
    session = botocore.session.get_session()
    # Arguments that are one expression are validated as they run (test_errors.py).
    for task in workflow.tasks:
        service, api = api_of(task.body["Resource"])
        shape = session.get_service_model(service).operation_model(api).input_shape
        assert shape is not None
        arguments = task.body["Arguments"]
        if isinstance(arguments, dict):
            # Step Functions writes parameters with a capital, even where the API does not.
            names = {name[0].lower() + name[1:] for name in arguments}
            unknown = names - {name[0].lower() + name[1:] for name in shape.members}
            assert not unknown, f"{task.name}: {unknown}"
            missing = {name[0].lower() + name[1:] for name in shape.required_members} - names
            assert not missing, f"{task.name}: {missing}"


# A task's API is its IAM action in other letters, except for these.
ACTIONS = {
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:CopyObject": {"s3:GetObject", "s3:PutObject"},
    "s3:HeadObject": {"s3:GetObject"},
    # `.sync:2` watches the nested execution, and stops it with its own.
    "states:StartExecution": {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "events:PutRule",
        "events:PutTargets",
        "events:DescribeRule",
    },
}


@each_workflow
def test_the_role_allows_what_the_tasks_call(workflow: Workflow) -> None:
    for task in workflow.tasks:
        service, api = api_of(task.body["Resource"])
        action = f"{service.replace('stepfunctions', 'states')}:{api}"
        missing = ACTIONS.get(action, {action}) - workflow.deployed.permissions
        assert not missing, f"{task.name}: {missing}"


def is_distributed(state: asl.State) -> bool:
    config = state.body.get("ItemProcessor", {}).get("ProcessorConfig", {})
    return bool(config.get("Mode") == "DISTRIBUTED")


@each_workflow
def test_children_of_a_distributed_map_use_no_variable_from_outside(workflow: Workflow) -> None:
    # AWS hides them from the children; the embedded Step Functions does not.
    for state in filter(is_distributed, workflow.states.values()):
        for text in expressions(state.body["ItemProcessor"]):
            parameters = {
                name
                for names in re.findall(r"function\(([^)]*)\)", text)
                for name in names.split(", ")
            }
            variables = {f"${name}" for name in re.findall(r"\$(\w+)(?!\w*\()", text)}
            assert variables - parameters <= {"$states"}, f"{state.name}: {text}"


@pytest.fixture
def moto_accepts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], object]]:
    """Creates a workflow in moto, whose interpreter is another one than the embedded AWS's."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions")
        role = "arn:aws:iam::123456789012:role/workflow"
        yield lambda text: client.create_state_machine(name="it", definition=text, roleArn=role)


@each_workflow
def test_moto_accepts_the_definition(
    workflow: Workflow, moto_accepts: Callable[[str], object]
) -> None:
    moto_accepts(workflow.file.read_text())


def test_moto_rejects_what_is_no_definition(moto_accepts: Callable[[str], object]) -> None:
    text = WORKFLOWS[0].file.read_text()
    with pytest.raises(ClientError, match="ASLParserException"):
        moto_accepts(text.replace('"Choice"', '"Chance"'))
