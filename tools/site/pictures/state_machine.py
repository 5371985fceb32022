"""A workflow as a drawing: every state, every transition, every catch and retry."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.site.pictures import asl
from tools.site.pictures.asl import State, Transition, Workflow
from tools.site.pictures.drawing import Drawing, Line, Shape
from tools.site.pictures.looks import TASKS
from tools.site.pictures.words import text_width, wrapped

StateLink = Callable[[State], str | None]

_WIDTH, _TITLE, _NOTE = 208.0, 140.0, 158.0
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


def drawing_of(path: Path, link: StateLink) -> Drawing:
    """The drawing of one ASL file."""
    workflow = asl.read(path)
    name = path.name.removesuffix(".asl.json")
    return Drawing(
        name=f"workflow-{name}",
        title=f"State machine {name}",
        description=" ".join([workflow.comment, *(_sentence(t) for t in workflow.transitions)]),
        direction="DOWN",
        shapes=tuple(_shapes(workflow, link)),
        lines=tuple(_lines(workflow)),
        options=_OPTIONS,
        buses=True,
    )


def _shapes(workflow: Workflow, link: StateLink) -> Iterator[Shape]:
    frames = {state.parent for state in workflow.states}
    for end in sorted({t.source for t in workflow.transitions if _is_dot(t.source, workflow)}):
        yield _dot(end, "start")
    for state in workflow.states:
        yield _frame(state, link) if state.name in frames else _box(state, link)
    for end in sorted({t.target for t in workflow.transitions if _is_dot(t.target, workflow)}):
        yield _dot(end, "end")


def _is_dot(name: str, workflow: Workflow) -> bool:
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
    note = wrapped(f"{service} {action}".strip() or _aside(state), 11, _NOTE, lines=1)
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
    """The service that a task calls, what of it, and its icon."""
    if state.type != "Task":
        return "", "", None
    resource = state.body["Resource"].partition(":::")[2].removeprefix("aws-sdk:")
    service, action, *_ = resource.split(":")  # startExecution.sync:2 has a third part
    look = TASKS.get(service)
    if look is None:
        raise ValueError(f"{state.name} calls {service}: give it a row in TASKS of looks.py.")
    return look.service, action.partition(".")[0], look.icon


def _aside(state: State) -> str:
    body = state.body
    if state.type == "Wait":
        return f"waits {body['Seconds']} s" if isinstance(body.get("Seconds"), int) else "waits"
    return {"Choice": "choice", "Pass": "sets values", "Fail": "fails"}.get(
        state.type, state.type.lower()
    )


def _retries(state: State) -> Iterator[tuple[str, str]]:
    told = [
        f"{', '.join(retry['ErrorEquals'])}: {retry.get('MaxAttempts', 3)} times,"
        f" first after {retry.get('IntervalSeconds', 1)} s"
        for retry in state.body.get("Retry", [])
    ]
    if told:
        yield "retry", f"Tried again on {'; '.join(told)}"


def _lines(workflow: Workflow) -> Iterator[Line]:
    order = {state.name: place for place, state in enumerate(workflow.states)}
    alike: dict[tuple[str, str, bool], list[Transition]] = defaultdict(list)
    for each in workflow.transitions:
        alike[each.source, each.target, each.catch].append(each)
    for (source, target, catch), found in alike.items():
        yield Line(
            id=f"{source} to {target}{' on error' if catch else ''}",
            source=source,
            target=target,
            style="catch" if catch else "flow",
            label=tuple(_label(found)),
            spoken=" ".join(map(_sentence, found)),
            back=order.get(source, -1) > order.get(target, len(order)),
        )


def _label(found: list[Transition]) -> list[str]:
    told = [each.condition for each in found if each.condition and each.condition != "States.ALL"]
    limit = 150.0
    short = [text for text in told if text]
    return wrapped(" or ".join(_readable(text) for text in short), 11, limit, lines=2)


def _readable(condition: str) -> str:
    """A condition without the signs that only a machine needs."""
    for sign in ("$states.input.", "$", "{", "}"):
        condition = condition.replace(sign, "")
    return " ".join(condition.split())


def _sentence(each: Transition) -> str:
    if each.catch:
        return f"{each.source}, on {each.condition}: {each.target}."
    if each.condition:
        return f"{each.source}, if {each.condition}: {each.target}."
    return f"{each.source}: {each.target}."
