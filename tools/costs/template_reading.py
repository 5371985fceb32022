"""How cost rules and declarations find their numbers in templates."""

import json
from collections.abc import Mapping
from typing import Any

from tools.assembly import Assembly, Resource
from tools.assembly.asl import states
from tools.costs.prices import PriceError


def one(assembly: Assembly, kind: str, path: str | None = None) -> Resource:
    """The only resource of a type, or the one at a construct path. Raises LookupError."""
    candidates = assembly.of_type(kind)
    matches = [resource for resource in candidates if path in (None, resource.path)]
    if len(matches) != 1:
        position = f" at {path}" if path else ""
        paths = ", ".join(resource.path for resource in candidates) or "none"
        raise LookupError(f"expected one {kind}{position} in the templates; there are: {paths}")
    return matches[0]


def substitutions(workflow: Resource) -> Mapping[str, Any]:
    """The definition substitutions of a workflow."""
    values: Mapping[str, Any] = workflow.properties.get("DefinitionSubstitutions", {})
    return values


def gb_second_key(function: Resource) -> str:
    """The price sheet's row for a GB second of a function."""
    (architecture,) = function.properties.get("Architectures", ["x86_64"])
    return f"lambda_{architecture.replace('x86_64', 'x86')}_gb_second"


def transitions(workflow: Resource) -> int:
    """The transitions of a run that enters each state once, those of type Fail left out.

    Raises PriceError if the template holds no definition.
    """
    properties = workflow.properties
    if "Definition" in properties:
        definition = properties["Definition"]
    elif "DefinitionString" in properties:
        definition = json.loads(properties["DefinitionString"])
    else:
        raise PriceError(f"{workflow.place}: a workflow whose definition is in S3 has no price.")
    return sum(state.type != "Fail" for state in states(definition))
