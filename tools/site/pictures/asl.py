"""The states and transitions of a workflow, read from its Amazon States Language."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START, END = "start", "end"


@dataclass(frozen=True)
class State:
    """One state, and the map or parallel state that it is inside of."""

    name: str
    type: str
    body: Mapping[str, Any]
    parent: str | None


@dataclass(frozen=True)
class Transition:
    """One way on: from a state, or from the start, to a state or to the end."""

    source: str
    target: str
    condition: str = ""
    catch: bool = False


@dataclass(frozen=True)
class Workflow:
    """A whole definition."""

    comment: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]


def read(path: Path) -> Workflow:
    """A definition, its maps and branches included. Raises ValueError if it is none."""
    definition = json.loads(path.read_text())
    if "States" not in definition:
        raise ValueError(f"{path}: no state machine, for it has no States.")
    states = tuple(_states(definition, None))
    return Workflow(definition.get("Comment", ""), states, tuple(_transitions(definition, None)))


def end_of(parent: str | None) -> str:
    """The id of the end of a definition, or of a map's or a branch's."""
    return f"{END} of {parent}" if parent else END


def start_of(parent: str | None) -> str:
    """The id of the start, likewise."""
    return f"{START} of {parent}" if parent else START


def _states(machine: Mapping[str, Any], parent: str | None) -> Iterator[State]:
    for name, body in machine["States"].items():
        yield State(name, body["Type"], body, parent)
        for inner in _inner(body):
            yield from _states(inner, name)


def _inner(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    processor = body.get("ItemProcessor") or body.get("Iterator")
    return [*([processor] if processor else []), *body.get("Branches", [])]


def _transitions(machine: Mapping[str, Any], parent: str | None) -> Iterator[Transition]:
    yield Transition(start_of(parent), machine["StartAt"])
    for name, body in machine["States"].items():
        for choice in body.get("Choices", []):
            yield Transition(name, choice["Next"], _condition(choice))
        if "Default" in body:
            yield Transition(name, body["Default"], "otherwise")
        if "Next" in body:
            yield Transition(name, body["Next"])
        if body.get("End"):
            yield Transition(name, end_of(parent))
        for catch in body.get("Catch", []):
            yield Transition(name, catch["Next"], ", ".join(catch["ErrorEquals"]), catch=True)
        for inner in _inner(body):
            yield from _transitions(inner, name)


def _condition(choice: Mapping[str, Any]) -> str:
    text = choice.get("Condition")
    if text is None:  # JSONPath
        text = json.dumps({key: value for key, value in choice.items() if key != "Next"})
    return str(text).removeprefix("{%").removesuffix("%}").strip()
