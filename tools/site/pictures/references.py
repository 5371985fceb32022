"""Templates with every reference spelt out as a place: `{StreamingLake/Storage/Lake}/events/*`.

`assembly.readable` does so for one template; a picture joins several, and follows what one stack
imports from another.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tools import assembly
from tools.assembly import Resource, Templates

_PLACE = re.compile(r"\{([^{}]+)\}")

# Place -> the resource, its properties spelt out.
Places = dict[str, Resource]


def places(templates: Templates) -> Places:
    """Every resource of all the stacks, by its place."""
    speller = _Speller(templates)
    return {
        f"{each.stack}/{each.path}": replace(
            each, properties=speller.spell(each.stack, dict(each.properties))
        )
        for each in assembly.resources(templates)
    }


def named(value: Any) -> Iterator[tuple[str, str]]:
    """The places that a spelt value names, each with the text behind it."""
    for text in texts(value):
        for found in _PLACE.finditer(text):
            yield found[1], text[found.end() :]


def at(properties: Mapping[str, Any], path: str) -> list[Any]:
    """What lies below a dotted path; lists are looked through."""
    found: list[Any] = [properties]
    for key in path.split("."):
        flat = [item for each in found for item in (each if isinstance(each, list) else [each])]
        found = [each[key] for each in flat if isinstance(each, dict) and key in each]
    return found


def texts(value: Any) -> Iterator[str]:
    """Every string inside a value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


class _Speller:
    def __init__(self, templates: Templates) -> None:
        self._paths = {stack: assembly.paths(each) for stack, each in templates.items()}
        self._exports: dict[str, tuple[str, Any]] = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def spell(self, stack: str, value: Any) -> Any:
        """A value of a stack's template, references spelt out."""
        match value:
            case list():
                spelt: Any = [self.spell(stack, item) for item in value]
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                spelt = self._place(stack, name)
            case {"Fn::Join": [str(between), list(parts)]}:
                spelt = between.join(str(self.spell(stack, part)) for part in parts)
            case {"Fn::ImportValue": str(name)} if name in self._exports:
                spelt = self.spell(*self._exports[name])
            case dict():
                spelt = {key: self.spell(stack, item) for key, item in value.items()}
            case _:
                spelt = value
        return spelt

    def _place(self, stack: str, logical_id: str) -> str:
        path = self._paths[stack].get(logical_id)
        return f"{{{stack}/{path}}}" if path else f"{{{logical_id}}}"
