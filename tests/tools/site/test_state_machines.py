"""What the drawings of the workflows promise their readers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT
from tests.tools.site.test_pictures import SVG, assert_apart, parsed
from tools.site.pictures import State, nowhere, state_machine, state_machine_svg
from tools.site.pictures.layout import laid_out

WORKFLOWS = sorted((ROOT / "step_functions").glob("*.asl.json"))


def machines(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])


def transitions(path: Path) -> Iterator[tuple[str, str, str]]:
    for machine in machines(json.loads(path.read_text())):
        for name, state in machine["States"].items():
            ways = [("flow", state), *(("flow", each) for each in state.get("Choices", []))]
            ways += [("catch", each) for each in state.get("Catch", [])]
            yield from ((style, name, way["Next"]) for style, way in ways if "Next" in way)
            if "Default" in state:
                yield "flow", name, state["Default"]


def test_there_are_workflows_to_draw() -> None:
    assert len(WORKFLOWS) == 6


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_state_and_transition_is_drawn(path: Path) -> None:
    drawing = state_machine.drawing_of(path, nowhere)
    names = {
        name for machine in machines(json.loads(path.read_text())) for name in machine["States"]
    }
    assert names <= {shape.id for shape in drawing.shapes}
    drawn = {(line.style, line.source, line.target) for line in drawing.lines}
    assert set(transitions(path)) <= drawn
    root = parsed(state_machine_svg(path))
    paths = [each for each in root.iter(f"{SVG}path") if each.get("marker-end")]
    assert len(paths) == len(drawn)
    told = {each.text for each in root.iter(f"{SVG}title")}
    assert all(any(str(text).startswith(f"{name}: ") for text in told) for name in names)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_state_lies_on_another(path: Path) -> None:
    drawing = state_machine.drawing_of(path, nowhere)
    assert_apart(drawing, laid_out(drawing))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_shortened_condition_is_told_in_full(path: Path) -> None:
    root = parsed(state_machine_svg(path))
    told = " ".join(str(each.text) for each in root.iter(f"{SVG}title"))
    for machine in machines(json.loads(path.read_text())):
        for state in machine["States"].values():
            for choice in state.get("Choices", []):
                assert choice["Condition"].strip("{% }") in told


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_retry_is_marked(path: Path) -> None:
    tried = sum(
        "Retry" in state
        for machine in machines(json.loads(path.read_text()))
        for state in machine["States"].values()
    )
    assert state_machine_svg(path).count("<title>Tried again on ") == tried


def test_each_state_leads_to_its_section() -> None:
    path = ROOT / "step_functions" / "language_chain" / "language_part.asl.json"

    def link(state: State) -> str:
        return f"#{state.name}"

    root = parsed(state_machine_svg(path, link=link))
    followed = {each.get("href") for each in root.iter(f"{SVG}a")}
    assert followed == {f"#{name}" for name in json.loads(path.read_text())["States"]}


def test_a_service_that_no_icon_stands_for_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.asl.json"
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:braket:createJob", "End": True}
    path.write_text(json.dumps({"StartAt": "Ask", "States": {"Ask": task}}))
    with pytest.raises(ValueError, match="Ask calls braket: give it a row in TASKS"):
        state_machine_svg(path)


def test_what_is_no_workflow_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.asl.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"none\.asl\.json: no state machine"):
        state_machine_svg(path)
