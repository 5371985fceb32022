"""asl-validator accepts every definition, and reports each defect that is planted in one."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT
from tests.step_functions.workflows import WORKFLOWS

pytestmark = pytest.mark.lint
FILES = [workflow.file for workflow in WORKFLOWS]
State = dict[str, Any]
_LIST = "Check each split"


def validate(*files: Path) -> tuple[bool, str]:
    """Whether all are valid, and the validator's report."""
    command = [str(ROOT / ".venv/bin/node"), str(ROOT / "node_modules/.bin/asl-validator")]
    for file in files:
        command += ["--json-path", str(file)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.returncode == 0, process.stdout + process.stderr


def test_every_definition_is_valid() -> None:
    valid, report = validate(*FILES)
    assert valid, report


def inner(states: dict[str, State]) -> State:
    state: State = states[_LIST]["ItemProcessor"]["States"]["List the split"]
    return state


# The defect, how it is planted, and what the validator must report.
DEFECTS: list[tuple[str, Callable[[dict[str, State], State], object], str]] = [
    ("a next state that is not there", lambda s, _: s["Train"].update(Next="No"), "target: No"),
    ("a catch to nowhere", lambda s, _: s["Train"]["Catch"][0].update(Next="No"), "target: No"),
    ("nowhere inside a map", lambda s, _: inner(s).update(Next="No"), "target: No"),
    (
        "a state that nothing leads to",
        lambda s, _: s.update(Alone={"Type": "Pass", "End": True}),
        "Alone is not reachable",
    ),
    ("no start", lambda _, machine: machine.pop("StartAt"), "StartAt"),
    ("no end", lambda s, _: s["Registered"].pop("End"), 'exactly one of "End", "Next"'),
    ("an unknown field", lambda s, _: s["Train"].update(Colour="red"), "/States/Train is invalid"),
    ("an unknown type", lambda s, _: s["Train"].update(Type="Tusk"), "Train/Type is invalid"),
    ("no ARN", lambda s, _: s["Train"].update(Resource="sagemaker"), "Train/Resource is invalid"),
    ("a field of JSONPath", lambda s, _: s["Registered"].update(ResultPath="$"), "Registered"),
    (
        "an open expression",
        lambda s, _: s["Registered"].update(Output="{% $run"),
        "Registered/Output is invalid",
    ),
    (
        "an expression that does not parse",
        lambda s, _: s["Registered"].update(Output="{% $run & %}"),
        "Registered/Output is invalid",
    ),
    ("two limits of time", lambda s, _: s["Train"].update(TimeoutSecondsPath="$.x"), "Train"),
    (
        "a choice without condition",
        lambda s, _: s["Tune or train?"]["Choices"][0].pop("Condition"),
        "Choices/0 is invalid",
    ),
    ("a map without processor", lambda s, _: s[_LIST].pop("ItemProcessor"), "ItemProcessor"),
    (
        "fewer tries than none",
        lambda s, _: s["Train"]["Retry"][0].update(MaxAttempts=-1),
        "MaxAttempts is invalid",
    ),
]


@pytest.mark.parametrize(
    ("plant", "report"), [defect[1:] for defect in DEFECTS], ids=[defect[0] for defect in DEFECTS]
)
def test_a_planted_defect_is_named(
    plant: Callable[[dict[str, State], State], object], report: str, tmp_path: Path
) -> None:
    machine = json.loads(
        (ROOT / "step_functions" / "ml_platform" / "train_model.asl.json").read_text()
    )
    plant(machine["States"], machine)
    file = tmp_path / "planted.asl.json"
    file.write_text(json.dumps(machine))
    valid, message = validate(file)
    assert not valid
    assert report in message
