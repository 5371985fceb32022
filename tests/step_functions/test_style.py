"""Workflows that people can read: lines fit a screen, and states say why they are as they are."""

from collections import Counter

import pytest

from tests.step_functions.workflows import WORKFLOWS, Workflow
from tools.assembly.asl import State

pytestmark = pytest.mark.lint
LONGEST_LINE = 160
each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)


@each_workflow
def test_no_line_is_too_long(workflow: Workflow) -> None:
    for number, line in enumerate(workflow.file.read_text().splitlines(), start=1):
        assert len(line) <= LONGEST_LINE, (
            f"{workflow.file}:{number} has {len(line)} characters: split the expression over"
            " several Assign fields, or make it a substitution"
        )


def failure_path(workflow: Workflow) -> str:
    """Where most catchers lead; empty if there are none."""
    targets = Counter(
        catcher["Next"]
        for state in workflow.states.values()
        for catcher in state.body.get("Catch", [])
    )
    return targets.most_common(1)[0][0] if targets else ""


def needs_comment(state: State, usual: str) -> bool:
    special = any(catcher["Next"] != usual for catcher in state.body.get("Catch", []))
    return special or state.type in ("Choice", "Wait", "Map", "Parallel")


@each_workflow
def test_what_a_reader_would_ask_about_has_a_comment(workflow: Workflow) -> None:
    assert workflow.definition.get("Comment"), f"{workflow.file}: say what the workflow does"
    usual = failure_path(workflow)
    silent = [
        state.path
        for state in workflow.states.values()
        if needs_comment(state, usual) and not state.body.get("Comment")
    ]
    assert not silent, f"{workflow.file}: these states need a Comment that says why: {silent}"
