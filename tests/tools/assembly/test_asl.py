"""The reader of workflow definitions sees nested states, and every transition."""

from pathlib import Path

import pytest

from tools.assembly import asl

DEFINITION = {
    "StartAt": "All",
    "States": {
        "All": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Empty?",
                    "States": {
                        "Empty?": {
                            "Type": "Choice",
                            "Choices": [{"Condition": "{% $count($items) > 0 %}", "Next": "Each"}],
                            "Default": "Nothing",
                        },
                        "Each": {
                            "Type": "Map",
                            "ItemProcessor": {
                                "StartAt": "Call",
                                "States": {"Call": {"Type": "Task", "End": True}},
                            },
                            "End": True,
                        },
                        "Nothing": {"Type": "Succeed"},
                    },
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            "End": True,
        },
        "Failed": {"Type": "Fail"},
    },
}


def test_nested_states_are_found_with_their_path() -> None:
    states = {state.name: state for state in asl.states(DEFINITION)}
    assert [states[name].path for name in ("All", "Failed", "Empty?", "Each", "Nothing")] == [
        "All",
        "Failed",
        "All/Empty?",
        "All/Each",
        "All/Nothing",
    ]
    assert states["Call"].path == "All/Each/Call"
    assert (states["Call"].parent, states["All"].parent) == ("Each", None)
    assert [task.name for task in asl.tasks(DEFINITION)] == ["Call"]


def test_every_transition_is_found() -> None:
    transitions = {
        (item.source, item.target, item.condition, item.catch)
        for item in asl.transitions(DEFINITION)
    }
    assert transitions == {
        ("start", "All", "", False),
        ("All", "end", "", False),
        ("All", "Failed", "States.ALL", True),
        ("start of All", "Empty?", "", False),
        ("Empty?", "Each", "$count($items) > 0", False),
        ("Empty?", "Nothing", "otherwise", False),
        ("Each", "end of All", "", False),
        ("start of Each", "Call", "", False),
        ("Call", "end of Each", "", False),
    }


def test_successors_are_in_the_same_machine() -> None:
    bodies = {state.name: state.body for state in asl.states(DEFINITION)}
    assert asl.successors(bodies["All"]) == ["Failed"]
    assert asl.successors(bodies["Empty?"]) == ["Each", "Nothing"]
    assert asl.successors(bodies["Each"]) == []


def test_a_file_without_states_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.asl.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"none\.asl\.json: no state machine"):
        asl.read(path)
