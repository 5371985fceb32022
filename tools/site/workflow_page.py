"""The page of a workflow: its picture, each state with its reason, what is retried and caught."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from repository import ROOT
from tools.assembly import asl
from tools.assembly.asl import State
from tools.markdown import code, table
from tools.site.links import architecture_page, architecture_title, code_page, workflow_page
from tools.site.pictures import state_machine_svg

_UP = "../../"
_WORDS = {"States.ALL": "any error", "States.TaskFailed": "any error of a task"}


def page(path: str, architecture: str) -> str:
    """The page in Markdown of a workflow of an architecture."""
    definition = asl.read(ROOT / path)
    states = list(asl.states(definition))
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        # The page is Markdown from this repository, without text from anywhere else.
        autoescape=False,  # noqa: S701
        undefined=jinja2.StrictUndefined,
    ).get_template("workflow.md.j2")
    return template.render(
        name=name_of(path),
        comment=definition.get("Comment", ""),
        limit=_seconds(definition.get("TimeoutSeconds")),
        architecture=architecture_title(architecture),
        architecture_page=f"{_UP}{architecture_page(architecture)}",
        code_page=f"{_UP}{code_page(path)}",
        picture=state_machine_svg(ROOT / path, link=lambda state: f"#{anchor(state)}"),
        states=table(["state", "what it does", "why", "at most"], map(_row, states)),
        retries=_section(["error", "retried", "waits", "in states"], _retries(states)),
        catches=_section(["error", "leads to", "from states"], _catches(states)),
    )


def summary_table(paths: Sequence[str], summaries: Mapping[str, str], architecture: str) -> str:
    """The workflows of an architecture, as its page lists them."""
    rows = [
        (
            f"[{name_of(path)}](../{workflow_page(path, architecture)})",
            summaries[path],
            len(list(asl.states(asl.read(ROOT / path)))),
        )
        for path in paths
    ]
    return table(["workflow", "what it does", "states"], rows)


def name_of(path: str) -> str:
    """`read` of `step_functions/language_chain/read.asl.json`."""
    return Path(path).name.removesuffix(".asl.json")


def anchor(state: State) -> str:
    """The id of a state's row."""
    return "state-" + "".join(
        letter if letter.isalnum() else "-" for letter in state.name.lower()
    ).strip("-")


def _row(state: State) -> tuple[str, str, str, str]:
    inside = f", in {code(state.parent)}" if state.parent else ""
    return (
        f'<a id="{anchor(state)}"></a>{code(state.name)}{inside}',
        _deed(state),
        str(state.body.get("Comment", "")),
        _seconds(state.body.get("TimeoutSeconds")),
    )


def _deed(state: State) -> str:
    """What a state does, as its definition says it."""
    body = state.body
    if state.type == "Task":
        return f"calls {code(body['Resource'].partition(':::')[2].removeprefix('aws-sdk:'))}"
    if state.type == "Choice":
        branches = [
            f"{code(_bare(choice['Condition']))}: {code(choice['Next'])}"
            for choice in body["Choices"]
        ]
        if "Default" in body:
            branches.append(f"otherwise {code(body['Default'])}")
        return "; ".join(branches)
    if state.type == "Map":
        return f"for each of {code(_bare(body.get('Items', '$')))}, {_at_once(body)} at once"
    if state.type == "Fail":
        return f"ends with {code(_bare(body.get('Error', 'the error that is passed on')))}"
    if state.type == "Wait":
        return _wait(body)
    return {"Succeed": "ends", "Parallel": "runs branches side by side"}.get(
        state.type, "sets variables"
    )


def _wait(body: Mapping[str, Any]) -> str:
    if "Timestamp" in body:
        return f"waits until {code(_bare(body['Timestamp']))}"
    return f"waits {code(_bare(body['Seconds']))} s"


def _at_once(body: Mapping[str, Any]) -> str:
    mode = body["ItemProcessor"].get("ProcessorConfig", {}).get("Mode", "INLINE")
    most = _bare(body.get("MaxConcurrency", 40 if mode == "INLINE" else 10_000))
    where = "executions of their own" if mode == "DISTRIBUTED" else "this execution"
    return f"in {where}, {code(most)}"


def _retries(states: Sequence[State]) -> Iterator[tuple[str, ...]]:
    """What is retried: error names, tries, waits, and the states that do so."""
    owners: dict[tuple[str, str, str], list[str]] = {}
    for state in states:
        for retrier in state.body.get("Retry", []):
            row = (_names(retrier["ErrorEquals"]), _tries(retrier), _waits(retrier))
            owners.setdefault(row, []).append(code(state.name))
    for row, names in owners.items():
        yield (*row, ", ".join(names))


def _tries(retrier: Mapping[str, Any]) -> str:
    count = retrier.get("MaxAttempts", 3)
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _waits(retrier: Mapping[str, Any]) -> str:
    """The longest that all waits can take together; jitter shortens them."""
    wait, total = float(retrier.get("IntervalSeconds", 1)), 0.0
    for _ in range(retrier.get("MaxAttempts", 3)):
        total += min(wait, retrier.get("MaxDelaySeconds", wait))
        wait *= retrier.get("BackoffRate", 2)
    return f"up to {_seconds(round(total))}" if total else "none"


def _catches(states: Sequence[State]) -> Iterator[tuple[str, ...]]:
    """What is caught: error names, the state that goes on, and the states that catch."""
    owners: dict[tuple[str, str], list[str]] = {}
    for state in states:
        for catcher in state.body.get("Catch", []):
            row = (_names(catcher["ErrorEquals"]), code(catcher["Next"]))
            owners.setdefault(row, []).append(code(state.name))
    for row, names in owners.items():
        yield (*row, ", ".join(names))


def _section(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = list(rows)
    return table(heads, lines) if lines else "None."


def _names(errors: Sequence[str]) -> str:
    return ", ".join(_WORDS.get(error, code(error)) for error in errors)


def _bare(value: object) -> str:
    """A JSONata expression without its braces."""
    return " ".join(str(value).removeprefix("{%").removesuffix("%}").split())


def _seconds(value: object) -> str:
    """A time limit in the largest unit that divides it; empty without one."""
    if not isinstance(value, int):
        return code(_bare(value)) if value else ""
    for unit, size in (("h", 3_600), ("min", 60)):
        if value >= size and value % size == 0:
            return f"{value // size} {unit}"
    return f"{value} s"
