"""A workflow as a drawing: every state, every transition, every catch and retry."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.assembly import asl
from tools.assembly.asl import State, Transition
from tools.site.pictures.drawing import Drawing, Line, Shape
from tools.site.pictures.looks import TASKS
from tools.site.pictures.words import text_width, wrapped

StateLink = Callable[[State], str | None]

_WIDTH, _TITLE, _NOTE, _LABEL = 208.0, 140.0, 158.0, 150.0
_TITLE_SIZE = 13.0
_DOT = 18.0
_OPTIONS = {
    "elk.padding": "[top=12,left=12,bottom=12,right=12]",
    "elk.spacing.nodeNode": "28",
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
    "elk.layered.spacing.edgeNodeBetweenLayers": "14",
    "elk.spacing.edgeNode": "14",
    "elk.spacing.edgeEdge": "10",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
}


@dataclass(frozen=True)
class _Workflow:
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]


def drawing_of(path: Path, link: StateLink) -> Drawing:
    """The drawing of one ASL file. Raises ValueError if it holds no state machine."""
    definition = asl.read(path)
    workflow = _Workflow(tuple(asl.states(definition)), tuple(asl.transitions(definition)))
    name = path.name.removesuffix(".asl.json")
    return Drawing(
        name=f"workflow-{name}",
        title=f"State machine {name}",
        description=" ".join(
            [definition.get("Comment", ""), *map(_sentence, workflow.transitions)]
        ),
        direction="DOWN",
        shapes=tuple(_shapes(workflow, link)),
        lines=tuple(_lines(workflow)),
        options=_OPTIONS,
        buses=True,
    )


def _shapes(workflow: _Workflow, link: StateLink) -> Iterator[Shape]:
    frames = {state.parent for state in workflow.states}
    for end in sorted({t.source for t in workflow.transitions if _is_dot(t.source, workflow)}):
        yield _dot(end, "start")
    for state in workflow.states:
        yield _frame(state, link) if state.name in frames else _box(state, link)
    for end in sorted({t.target for t in workflow.transitions if _is_dot(t.target, workflow)}):
        yield _dot(end, "end")


def _is_dot(name: str, workflow: _Workflow) -> bool:
    return all(state.name != name for state in workflow.states)


def _dot(identifier: str, style: str) -> Shape:
    parent = identifier.partition(" of ")[2] or None
    return Shape(identifier, _DOT, _DOT, style, spoken=style.capitalize(), parent=parent)


def _frame(state: State, link: StateLink) -> Shape:
    title = f"{state.name} ({state.type.lower()})"
    return Shape(
        id=state.name,
        width=text_width(title, _TITLE_SIZE, bold=True) + 28,
        height=60,
        style="map",
        title=(title,),
        parent=state.parent,
        spoken=f"{state.name}: {state.type}",
        href=link(state),
    )


def _box(state: State, link: StateLink) -> Shape:
    service, action, icon = _task(state)
    title = tuple(wrapped(state.name, _TITLE_SIZE, _TITLE, lines=2, bold=True))
    note = wrapped(f"{service} {action}".strip() or _note(state), 11, _NOTE, lines=1)
    return Shape(
        id=state.name,
        width=_WIDTH,
        height=16 + 16 * len(title) + 14 * len(note),
        style=f"state-{state.type.lower()}",
        title=title,
        note=tuple(note),
        icon=icon or f"glyph/{state.type.lower()}",
        parent=state.parent,
        spoken=f"{state.name}: {state.type} {service} {action}".strip(),
        beside=f"{state.type} {service} {action}".strip(),
        href=link(state),
        marks=tuple(_retries(state)),
    )


def _task(state: State) -> tuple[str, str, str | None]:
    """The service that a task calls, the action, and the icon."""
    if state.type != "Task":
        return "", "", None
    resource = state.body["Resource"].partition(":::")[2].removeprefix("aws-sdk:")
    service, action, *_ = resource.split(":")  # startExecution.sync:2 has a third part
    look = TASKS.get(service)
    if look is None:
        raise ValueError(
            f"{state.name} calls {service}, which has no icon: add it to TASKS in looks.py."
        )
    return look.service, action.partition(".")[0], look.icon


def _note(state: State) -> str:
    body = state.body
    if state.type == "Wait":
        return f"waits {body['Seconds']} s" if isinstance(body.get("Seconds"), int) else "waits"
    return {"Choice": "choice", "Pass": "sets values", "Fail": "fails"}.get(
        state.type, state.type.lower()
    )


def _retries(state: State) -> Iterator[tuple[str, str]]:
    retries = [
        f"{', '.join(retry['ErrorEquals'])}: {retry.get('MaxAttempts', 3)} times,"
        f" first after {retry.get('IntervalSeconds', 1)} s"
        for retry in state.body.get("Retry", [])
    ]
    if retries:
        yield "retry", f"Retries on {'; '.join(retries)}"


def _lines(workflow: _Workflow) -> Iterator[Line]:
    order = {state.name: position for position, state in enumerate(workflow.states)}
    parallel: dict[tuple[str, str, bool], list[Transition]] = defaultdict(list)
    for transition in workflow.transitions:
        parallel[transition.source, transition.target, transition.catch].append(transition)
    for (source, target, catch), transitions in parallel.items():
        yield Line(
            id=f"{source} to {target}{' on error' if catch else ''}",
            source=source,
            target=target,
            style="catch" if catch else "flow",
            label=tuple(_label(transitions)),
            spoken=" ".join(map(_sentence, transitions)),
            back=order.get(source, -1) > order.get(target, len(order)),
        )


def _label(transitions: list[Transition]) -> list[str]:
    conditions = [
        _readable(transition.condition)
        for transition in transitions
        if transition.condition not in ("", "States.ALL")
    ]
    return wrapped(" or ".join(conditions), 11, _LABEL, lines=2)


def _readable(condition: str) -> str:
    """A condition without JSONata's signs for variables."""
    for sign in ("$states.input.", "$", "{", "}"):
        condition = condition.replace(sign, "")
    return " ".join(condition.split())


def _sentence(transition: Transition) -> str:
    source, target, condition = transition.source, transition.target, transition.condition
    if transition.catch:
        return f"{source}, on {condition}: {target}."
    return f"{source}, if {condition}: {target}." if condition else f"{source}: {target}."
