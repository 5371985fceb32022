"""How the cost model finds its numbers in templates."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.assembly import Resource, Templates, resources


def one(templates: Templates, kind: str, path: str | None = None) -> Resource:
    """The only resource of a type, or the one at a path. Raises LookupError."""
    found = [each for each in resources(templates) if each.type == kind]
    wanted = [each for each in found if path in (None, each.path)]
    if len(wanted) != 1:
        at = f" at {path}" if path else ""
        there = ", ".join(each.path for each in found) or "none"
        raise LookupError(f"one {kind}{at} is expected in these templates; there: {there}")
    return wanted[0]


def gb_second_key(function: Resource) -> str:
    """The sheet's key of a GB second of a function."""
    (architecture,) = function.properties.get("Architectures", ["x86_64"])
    return f"lambda_{architecture.replace('x86_64', 'x86')}_gb_second"


def machines(templates: Templates, blank: str) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """The workflows that have this blank, with what fills their blanks."""
    for each in resources(templates):
        if each.type == "AWS::StepFunctions::StateMachine":
            blanks = each.properties.get("DefinitionSubstitutions", {})
            if blank in blanks:
                yield each, blanks


def machine(templates: Templates, blank: str) -> tuple[Resource, Mapping[str, Any]]:
    """The only workflow that has this blank. Raises LookupError."""
    found = list(machines(templates, blank))
    if len(found) != 1:
        raise LookupError(f"one workflow with the blank ${{{blank}}} is expected: {len(found)}")
    return found[0]


def states(workflow: Resource) -> int:
    """How many states a workflow has that are no failure: a run enters each once at most."""
    text = workflow.properties["DefinitionString"]
    return _count(json.loads(text))


def _count(definition: Mapping[str, Any]) -> int:
    total = 0
    for state in definition["States"].values():
        total += state["Type"] != "Fail"
        inner = [
            *state.get("Branches", []),
            *([state["ItemProcessor"]] if "ItemProcessor" in state else []),
        ]
        total += sum(map(_count, inner))
    return total
