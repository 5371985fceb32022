"""Scenarios: what AWS answers while a workflow runs, and how the execution ends."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.step_functions.scripted_aws import Answers, Calls
from tests.step_functions.workflows import FOLDER

FAILURE = "Injected.Failure"


@dataclass(frozen=True)
class Scenario:
    """One path through a workflow."""

    workflow: str
    name: str
    answers: Answers
    input: dict[str, Any] = field(default_factory=dict)
    settings: tuple[tuple[str, str], ...] = ()
    ends: str = "SUCCEEDED"
    """Or the error that the execution fails with."""
    place: str = ""
    """Of the construct, if the workflow is deployed several times and this is not the first."""

    @property
    def id(self) -> str:
        """Unique among all scenarios."""
        return f"{self.workflow}: {self.name}"


def answers_with(answers: Answers, changes: dict[str, Any]) -> Answers:
    """`answers` with some replaced: `Read_the_report=...` is that of the state Read the report."""
    return {**answers, **{name.replace("_", " "): answer for name, answer in changes.items()}}


def in_turn(state: str, *answers: Any) -> Callable[[Calls], Any]:
    """Answers of a state, one call after the other; the last one is repeated."""

    def answer(calls: Calls) -> Any:
        count = sum(name == state for name, _ in calls)
        return answers[min(count, len(answers)) - 1]

    return answer


def all_scenarios() -> list[Scenario]:
    """Those of every architecture that has workflows, from its `scenarios.py`."""
    folders = sorted({file.parent.name for file in FOLDER.glob("*/*.asl.json")})
    modules = (
        importlib.import_module(f"tests.step_functions.{name}.scenarios") for name in folders
    )
    return [scenario for module in modules for scenario in module.SCENARIOS]
