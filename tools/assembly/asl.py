"""The states and transitions of a workflow, read from its Amazon States Language (ASL)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START, END = "start", "end"
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """One state of a definition. Its name is unique in the whole definition, as AWS requires."""

    name: str
    body: Mapping[str, Any]
    parents: tuple[str, ...]
    """The Map and Parallel states around it, outermost first."""

    @property
    def type(self) -> str:
        """`Task`, `Choice`, `Map` and so on."""
        return str(self.body["Type"])

    @property
    def parent(self) -> str | None:
        """The innermost Map or Parallel state around it."""
        return self.parents[-1] if self.parents else None

    @property
    def path(self) -> str:
        """Its name below those of its parents: `Train the model/Train`."""
        return "/".join((*self.parents, self.name))


@dataclass(frozen=True)
class Transition:
    """From a state, or from the start, to a state or to the end."""

    source: str
    target: str
    condition: str = ""
    """A Choice's condition, `otherwise` for its default, or the errors that are caught."""
    catch: bool = False


def read(path: Path) -> Definition:
    """The definition in a file. Raises ValueError if the file holds none."""
    definition: Definition = json.loads(path.read_text())
    if "States" not in definition:
        raise ValueError(f"{path}: no state machine, for it has no States.")
    return definition


def machines(
    definition: Definition, parents: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """The definition and those nested in it, each with the names of the states around it.

    Yields `(parents, machine)`, where `machine` has `StartAt` and `States`: the processor of a Map,
    a branch of a Parallel.
    """
    yield parents, definition
    for name, body in definition["States"].items():
        for nested in _nested(body):
            yield from machines(nested, (*parents, name))


def states(definition: Definition) -> Iterator[State]:
    """Every state, those of maps and branches included, each machine's own before nested ones."""
    for parents, machine in machines(definition):
        for name, body in machine["States"].items():
            yield State(name, body, parents)


def tasks(definition: Definition) -> Iterator[State]:
    """Every Task state, nested ones included."""
    return (state for state in states(definition) if state.type == "Task")


def transitions(definition: Definition) -> Iterator[Transition]:
    """Every transition, nested ones included; starts and ends are named by start_of and end_of."""
    for parents, machine in machines(definition):
        parent = parents[-1] if parents else None
        yield Transition(start_of(parent), machine["StartAt"])
        for name, body in machine["States"].items():
            yield from _transitions_from(name, body, parent)


def successors(body: Mapping[str, Any]) -> list[str]:
    """The states that a state may lead to in its own machine, by its catchers too."""
    return [
        transition.target
        for transition in _transitions_from("", body, None)
        if transition.target != END
    ]


def start_of(parent: str | None) -> str:
    """The id of the start of a definition, or of a Map's or a branch's."""
    return f"{START} of {parent}" if parent else START


def end_of(parent: str | None) -> str:
    """The id of the end, likewise."""
    return f"{END} of {parent}" if parent else END


def _nested(body: Mapping[str, Any]) -> list[Definition]:
    processor = body.get("ItemProcessor") or body.get("Iterator")
    return [*([processor] if processor else []), *body.get("Branches", [])]


def _transitions_from(
    name: str, body: Mapping[str, Any], parent: str | None
) -> Iterator[Transition]:
    for choice in body.get("Choices", []):
        yield Transition(name, choice["Next"], _condition(choice))
    if "Default" in body:
        yield Transition(name, body["Default"], "otherwise")
    if "Next" in body:
        yield Transition(name, body["Next"])
    if body.get("End"):
        yield Transition(name, end_of(parent))
    for catcher in body.get("Catch", []):
        yield Transition(name, catcher["Next"], ", ".join(catcher["ErrorEquals"]), catch=True)


def _condition(choice: Mapping[str, Any]) -> str:
    text = choice.get("Condition")
    if text is None:  # JSONPath
        text = json.dumps({key: value for key, value in choice.items() if key != "Next"})
    return str(text).removeprefix("{%").removesuffix("%}").strip()
