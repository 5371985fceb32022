"""Every workflow of `step_functions/`, and where the templates deploy it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from repository import ROOT
from stacks.shared.asl_state_machine import definition_of
from tools.assembly import asl, paths, synthesise

FOLDER = ROOT / "step_functions"
_RESOURCE = re.compile(r"arn:aws:states:::(?:aws-sdk:)?(\w+):(\w+?)(?:\.sync(?::2)?)?$")
_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
# How a substitution's name ends -> a value of its kind.
_SAMPLES = {
    "ExportQuery": "UNLOAD (SELECT 1 FOR VERSION AS OF <snapshot>) TO 's3://the-databucket/training/<set>/'",
    "Query": "SELECT 1 FROM captures WHERE hour BETWEEN '<day>/00' AND '<day>/23'",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:{name}",
    "ImageUri": _IMAGE,
    "KeyArn": "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "Region": "us-east-1",
    "RoleArn": "arn:aws:iam::000000000000:role/{name}",
    "TrainingData": "s3://the-bucket/training/",
    "TopicArn": "arn:aws:sns:us-east-1:000000000000:{name}",
    "Uri": "s3://the-bucket/{name}/code.tar.gz",
    # What is left are workflows.
    "Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:{name}",
}
# A service's name in a Task's resource -> in botocore.
_SERVICES = {
    "applicationautoscaling": "application-autoscaling",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}


@dataclass(frozen=True)
class Deployed:
    """A workflow in a template."""

    stack: str
    path: str
    """Of its construct: `Training/Workflow`."""
    substitutions: Mapping[str, str]
    permissions: frozenset[str]
    """The actions that its role's own policy allows."""
    called: bool
    """Whether another workflow starts it and waits for it."""


@dataclass(frozen=True)
class Workflow:
    """One file of `step_functions/`."""

    file: Path

    @property
    def name(self) -> str:
        """As `AslStateMachine(workflow=...)` takes it: `ml_platform/train_model`."""
        return str(self.file.relative_to(FOLDER)).removesuffix(".asl.json")

    @property
    def architecture(self) -> str:
        """The architecture that owns it, by its folder: `ml-platform`."""
        return self.file.parent.name.replace("_", "-")

    @cached_property
    def definition(self) -> asl.Definition:
        """The file's content."""
        return asl.read(self.file)

    @cached_property
    def states(self) -> dict[str, asl.State]:
        """Every state by its name, nested ones included."""
        return {state.name: state for state in asl.states(self.definition)}

    @property
    def deployed(self) -> Deployed:
        """Where it is deployed with the settings of the environment `local`."""
        return deployed(self.architecture)[self.name]

    @property
    def reports_failures_by(self) -> str:
        """The state that reports a failure: to people, or of a document in the status table."""
        of_a_document = self.name == "language_chain/language_chain"
        return "Record the failure" if of_a_document else "Report the failure"

    @property
    def tasks(self) -> list[asl.State]:
        """Every Task state."""
        return [state for state in self.states.values() if state.type == "Task"]


WORKFLOWS = [Workflow(file) for file in sorted(FOLDER.glob("*/*.asl.json"))]


@cache
def deployed(architecture: str, *settings: tuple[str, str]) -> Mapping[str, Deployed]:
    """Workflow name -> where it is deployed, of an architecture in the environment `local`.

    One that is deployed several times is there as `<name> at <path>` from the second time on.
    """
    names = {definition_of(workflow.file): workflow.name for workflow in WORKFLOWS}
    # The gate has tests of its own, and takes two thirds of a synth.
    templates = synthesise("local", dict(settings), only=[architecture], gated=False).templates
    machines = {
        (stack, logical_id): resource["Properties"]
        for stack, template in templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    }
    called = {
        (stack, value["Ref"])
        for (stack, _), properties in machines.items()
        for value in properties["DefinitionSubstitutions"].values()
        if isinstance(value, dict) and (stack, value.get("Ref")) in machines
    }
    machines_by_name: dict[str, Deployed] = {}
    for (stack, logical_id), properties in machines.items():
        machine = _deployed(
            stack, templates[stack], logical_id, called=(stack, logical_id) in called
        )
        name = names[properties["DefinitionString"]]
        machines_by_name[name if name not in machines_by_name else f"{name} at {machine.path}"] = (
            machine
        )
    return machines_by_name


def _deployed(
    stack: str, template: Mapping[str, Any], logical_id: str, *, called: bool
) -> Deployed:
    names = paths(template)
    path = names[logical_id]
    substitutions = template["Resources"][logical_id]["Properties"]["DefinitionSubstitutions"]
    (policy,) = (
        resource["Properties"]["PolicyDocument"]["Statement"]
        for policy_id, resource in template["Resources"].items()
        if names[policy_id] == f"{path}Role/DefaultPolicy"
    )
    actions = (item["Action"] for item in policy if item["Effect"] == "Allow")
    return Deployed(
        stack,
        path,
        {
            name: value if isinstance(value, str) else sample(name)
            for name, value in substitutions.items()
        },
        frozenset(
            action
            for allowed in actions
            for action in ([allowed] if isinstance(allowed, str) else allowed)
        ),
        called,
    )


def sample(name: str) -> str:
    """What a substitution that only AWS knows may stand for: a value that its services take."""
    kind = next((ending for ending in _SAMPLES if name.endswith(ending)), None)
    return _SAMPLES[kind].format(name=name.lower()) if kind else f"the-{name.lower()}"


def api_of(resource: str) -> tuple[str, str]:
    """The service, in botocore's spelling, and the API that a Task's `Resource` calls."""
    match = _RESOURCE.match(resource)
    assert match, resource
    service, api = match.groups()
    return _SERVICES.get(service, service), api[0].upper() + api[1:]


def expressions(value: Any) -> list[str]:
    """The JSONata in a part of a definition, without its `{% %}`."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in expressions(item)]
    if isinstance(value, list):
        return [text for item in value for text in expressions(item)]
    if isinstance(value, str) and value.startswith("{%"):
        return [value.removeprefix("{%").removesuffix("%}").strip()]
    return []
