"""The drawings of the workflows: every state and transition, readable and linked."""

import json
from pathlib import Path

import pytest

from repository import ROOT
from tests.tools.site.test_pictures import SVG, assert_apart, parsed
from tools.assembly import asl
from tools.site.pictures import State, no_link, state_machine, state_machine_svg
from tools.site.pictures.layout import laid_out

WORKFLOWS = sorted((ROOT / "step_functions").glob("*/*.asl.json"))


def test_there_are_workflows_to_draw() -> None:
    assert WORKFLOWS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_state_and_transition_is_drawn(path: Path) -> None:
    definition = asl.read(path)
    drawing = state_machine.drawing_of(path, no_link)
    names = {state.name for state in asl.states(definition)}
    assert names <= {shape.id for shape in drawing.shapes}
    drawn = {(line.style, line.source, line.target) for line in drawing.lines}
    transitions = {
        ("catch" if transition.catch else "flow", transition.source, transition.target)
        for transition in asl.transitions(definition)
    }
    assert transitions == drawn
    root = parsed(state_machine_svg(path))
    arrows = [element for element in root.iter(f"{SVG}path") if element.get("marker-end")]
    assert len(arrows) == len(drawn)
    titles = [str(element.text) for element in root.iter(f"{SVG}title")]
    assert all(any(title.startswith(f"{name}: ") for title in titles) for name in names)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_state_overlaps_another(path: Path) -> None:
    drawing = state_machine.drawing_of(path, no_link)
    assert_apart(drawing, laid_out(drawing))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_tooltip_holds_the_whole_condition(path: Path) -> None:
    root = parsed(state_machine_svg(path))
    titles = " ".join(str(element.text) for element in root.iter(f"{SVG}title"))
    for state in asl.states(asl.read(path)):
        for choice in state.body.get("Choices", []):
            assert choice["Condition"].strip("{% }") in titles


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_retry_is_marked(path: Path) -> None:
    retried = sum("Retry" in state.body for state in asl.states(asl.read(path)))
    assert state_machine_svg(path).count("<title>Retries on ") == retried


def test_each_state_leads_to_its_section() -> None:
    path = WORKFLOWS[0]

    def link(state: State) -> str:
        return f"#{state.name}"

    root = parsed(state_machine_svg(path, link=link))
    addresses = {element.get("href") for element in root.iter(f"{SVG}a")}
    names = {state.name for state in asl.states(asl.read(path))}
    assert addresses == {f"#{name}" for name in names}


def test_a_service_without_an_icon_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.asl.json"
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:braket:createJob", "End": True}
    path.write_text(json.dumps({"StartAt": "Ask", "States": {"Ask": task}}))
    with pytest.raises(ValueError, match="Ask calls braket, which has no icon: add it to TASKS"):
        state_machine_svg(path)


def test_a_file_without_a_workflow_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.asl.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"none\.asl\.json: no state machine"):
        state_machine_svg(path)
