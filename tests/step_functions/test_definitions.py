"""The workflows as they stand: complete, reachable, in time, and asking AWS for what it knows."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from repository import ROOT
from tests.conftest import Templates, readable, resources

FILES = sorted((ROOT / "step_functions").glob("*.asl.json"))
ROLES = {
    "train_model": ("MlTraining", "Training/WorkflowRole"),
    "deploy_model": ("MlEndpoint", "Deployment/WorkflowRole"),
    "transform_batch": ("MlEndpoint", "Batch/WorkflowRole"),
    "language_chain": ("LanguageChain", "Chain/WorkflowRole"),
    "language_part": ("LanguageChain", "Part/WorkflowRole"),
    "translate_collection": ("LanguageChain", "Collections/WorkflowRole"),
}
# What another workflow calls and waits for: its errors are for the caller to catch.
CALLED = {"language_part.asl.json"}
States = dict[str, dict[str, Any]]


def machines(definition: dict[str, Any]) -> list[tuple[str, States]]:
    """Each start and its states: the workflow's own, and those of its maps."""
    found = [(definition["StartAt"], definition["States"])]
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            found += machines(state["ItemProcessor"])
    return found


def successors(state: dict[str, Any]) -> list[str]:
    following = [state[key] for key in ("Next", "Default") if key in state]
    following += [choice["Next"] for choice in state.get("Choices", [])]
    return following + [catch["Next"] for catch in state.get("Catch", [])]


def tasks(file: Path) -> list[tuple[str, dict[str, Any]]]:
    definition = json.loads(file.read_text())
    return [
        (name, state)
        for _, states in machines(definition)
        for name, state in states.items()
        if state["Type"] == "Task"
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_state_is_reached_and_leads_somewhere(file: Path) -> None:
    for start, states in machines(json.loads(file.read_text())):
        seen, ahead = set(), [start]
        while ahead:
            name = ahead.pop()
            assert name in states, f"{file.name}: there is no state {name}"
            if name not in seen:
                seen.add(name)
                ahead += successors(states[name])
        assert seen == set(states), f"{file.name}: never reached: {set(states) - seen}"
        for name, state in states.items():
            ends = state["Type"] in ("Succeed", "Fail") or state.get("End")
            assert bool(ends) is not bool(successors(state)) or state.get("Catch"), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_task_has_an_end_in_time_and_is_tried_again(file: Path) -> None:
    definition = json.loads(file.read_text())
    assert definition["QueryLanguage"] == "JSONata"
    assert definition["TimeoutSeconds"] > 0
    for name, state in tasks(file):
        assert state["TimeoutSeconds"] > 0, name
        for retry in state["Retry"]:
            # Neither is seen by the validator of `make lint`.
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["BackoffRate"] >= 1, name
            assert retry["MaxDelaySeconds"] >= retry["IntervalSeconds"], name


def test_errors_of_a_called_workflow_reach_its_caller() -> None:
    for name in CALLED:
        definition = json.loads((ROOT / "step_functions" / name).read_text())
        assert not any("Catch" in state for state in definition["States"].values())


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.name not in CALLED], ids=lambda file: file.name
)
def test_every_error_is_caught_where_a_person_is_told(file: Path) -> None:
    definition = json.loads(file.read_text())
    for name, state in definition["States"].items():
        if state["Type"] in ("Task", "Map"):
            caught = [error for catch in state["Catch"] for error in catch["ErrorEquals"]]
            assert "States.ALL" in caught, name
    assert definition["States"]["Say what failed"]["Next"] == "Failed"
    assert definition["States"]["Failed"]["Type"] == "Fail"


def expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for each in value.values() for found in expressions(each)]
    if isinstance(value, list):
        return [found for each in value for found in expressions(each)]
    if isinstance(value, str) and value.startswith("{%"):
        return [value.removeprefix("{%").removesuffix("%}").strip()]
    return []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_expression_is_jsonata(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The library raises the whole process's limit, which other tests are about.
    limit = sys.getrecursionlimit()
    import jsonata

    sys.setrecursionlimit(limit)
    monkeypatch.setattr(sys, "setrecursionlimit", lambda _: None)
    found = expressions(json.loads(file.read_text()))
    assert len(found) > 20
    for each in found:
        jsonata.Jsonata(each)
        # AWS takes an expression without a value for an error.
        assert "undefined" not in each, each


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_parameter_is_one_that_the_service_knows(file: Path) -> None:
    session = botocore.session.get_session()
    names = {"applicationautoscaling": "application-autoscaling", "sfn": "stepfunctions"}
    checked = 0
    # Those that are made by an expression are held against the model as they run (test_errors.py).
    for name, state in tasks(file):
        found = re.match(r"arn:aws:states:::(?:aws-sdk:)?(\w+):(\w+)", state["Resource"])
        assert found, name
        service, api = found.groups()
        shape = (
            session.get_service_model(names.get(service, service))
            .operation_model(api[0].upper() + api[1:])
            .input_shape
        )
        assert shape is not None
        if isinstance(state["Arguments"], dict):
            # Step Functions writes them with a capital, also where the API does not.
            given = {key[0].lower() + key[1:] for key in state["Arguments"]}
            unknown = given - {key[0].lower() + key[1:] for key in shape.members}
            assert not unknown, f"{name}: {unknown}"
            missing = {key[0].lower() + key[1:] for key in shape.required_members} - given
            assert not missing, f"{name}: {missing}"
            checked += 1
    assert checked > len(tasks(file)) / 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_job_is_in_the_vpc_under_the_key_and_encrypted(file: Path) -> None:
    for name, state in tasks(file):
        arguments = json.dumps(state["Arguments"])
        if name in ("Train", "Tune", "Evaluate"):
            for needed in ("${SubnetIds}", "${SecurityGroupId}"):
                assert needed in arguments, f"{name}: {needed}"
            for needed in ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"):
                assert f'"{needed}": true' in arguments, f"{name}: {needed}"
        if name in ("Train", "Tune", "Evaluate", "Transform"):
            for needed in ('"VolumeKmsKeyId": "${KeyArn}"', '"KmsKeyId": "${KeyArn}"'):
                assert needed in arguments, f"{name}: {needed}"
        if name == "Create the model":
            for needed in ("${SubnetIds}", "${SecurityGroupId}", "EnableNetworkIsolation"):
                assert needed in arguments, f"{name}: {needed}"


# A task's API is its IAM action in other letters, but for these.
ACTIONS = {
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:CopyObject": {"s3:GetObject", "s3:PutObject"},
    "s3:HeadObject": {"s3:GetObject"},
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_role_may_what_the_tasks_do(file: Path, synthesise: Templates) -> None:
    stack, role = ROLES[file.name.removesuffix(".asl.json")]
    template = synthesise("local")[stack]
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    may: set[str] = set()
    for statement in readable(template, policy["PolicyDocument"]["Statement"]):
        if statement["Effect"] == "Allow":
            listed = statement["Action"]
            may |= set(listed if isinstance(listed, list) else [listed])
    for name, state in tasks(file):
        service, api = re.findall(r"(\w+):(\w+)(?:\.sync)?$", state["Resource"])[0]
        prefixes = {"applicationautoscaling": "application-autoscaling", "sfn": "states"}
        service = prefixes.get(service, service)
        action = f"{service}:{api[0].upper()}{api[1:]}"
        assert ACTIONS.get(action, {action}) <= may, f"{name}: {action}"


def distributed(states: States) -> dict[str, dict[str, Any]]:
    return {
        name: state
        for name, state in states.items()
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_children_of_a_distributed_map_ask_for_no_variable_from_outside(file: Path) -> None:
    # In AWS they do not see them; the embedded Step Functions shows them.
    for name, state in distributed(json.loads(file.read_text())["States"]).items():
        for each in expressions(state["ItemProcessor"]):
            variables = set(re.findall(r"\$(\w+)(?!\w*\()", each)) - {"states"}
            assert not variables, f"{name}: {variables}"


def test_many_parts_are_treated_as_few_are() -> None:
    states = json.loads(
        (ROOT / "step_functions" / "language_chain" / "language_chain.asl.json").read_text()
    )["States"]
    pairs = {
        "Translate the many chunks": "Translate each chunk",
        "Analyse the many pieces": "Analyse each piece",
    }
    assert set(distributed(states)) == set(pairs)
    for many, few in pairs.items():
        (one,), (other,) = (
            states[name].pop("ItemProcessor")["States"].values() for name in (many, few)
        )
        assert one == other
        assert states[many] == states[few]


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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_moto_accepts_the_definition(file: Path, moto_accepts: Callable[[str], object]) -> None:
    moto_accepts(file.read_text())


def test_moto_refuses_what_is_no_definition(moto_accepts: Callable[[str], object]) -> None:
    text = FILES[0].read_text()
    with pytest.raises(ClientError, match="ASLParserException"):
        moto_accepts(text.replace('"Choice"', '"Chance"'))
