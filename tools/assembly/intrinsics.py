"""CloudFormation's intrinsic functions, resolved to text: `{StreamingLake/Storage/Lake.Arn}/raw/*`.

A reference becomes the stack, the construct path and the attribute in braces; what one stack
imports from another becomes a reference to the resource itself. What only AWS knows keeps its name:
`{AWS::Region}`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tools.assembly.resources import Template, Templates, paths

_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_SUB_VARIABLE = re.compile(r"\$\{([^!}]+)\}")


class Reference(NamedTuple):
    """A reference inside a resolved value."""

    place: str
    """Stack and construct path of the resource."""
    text_after: str
    """What follows the reference: `/raw/*`."""


class Resolver:
    """Resolves the values of some templates."""

    def __init__(self, templates: Templates) -> None:
        self._paths = {stack: paths(template) for stack, template in templates.items()}
        self._exports = {
            str(self.resolve(stack, output["Export"]["Name"])): (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def resolve(self, stack: str, value: Any) -> Any:
        """A value of the template of `stack`, without intrinsic functions."""
        match value:
            case list():
                resolved: Any = [self.resolve(stack, item) for item in value]
            case {"Ref": str(name), **others} if not others:
                resolved = self._reference(stack, name)
            case {"Fn::GetAtt": [str(name), attribute]}:
                resolved = self._reference(stack, name, f".{attribute}")
            case {"Fn::Join": [str(separator), list(parts)]}:
                resolved = separator.join(str(self.resolve(stack, part)) for part in parts)
            case {"Fn::Sub": str(text)}:
                resolved = self._substituted(stack, text, {})
            case {"Fn::Sub": [str(text), dict(variables)]}:
                resolved = self._substituted(stack, text, self.resolve(stack, variables))
            case {"Fn::ImportValue": str(name)}:
                exported = self._exports.get(name)
                resolved = self.resolve(*exported) if exported else f"{{{name}}}"
            case Mapping():
                resolved = {key: self.resolve(stack, item) for key, item in value.items()}
            case _:
                resolved = value
        return resolved

    def _reference(self, stack: str, name: str, attribute: str = "") -> str:
        path = self._paths[stack].get(name)
        if path is None:
            return f"{{{name}}}"
        return f"{{{stack}/{path}{attribute}}}" if stack else f"{{{path}{attribute}}}"

    def _substituted(self, stack: str, text: str, variables: Mapping[str, Any]) -> str:
        def replacement(match: re.Match[str]) -> str:
            if match[1] in variables:
                return str(variables[match[1]])
            name, dot, attribute = match[1].partition(".")
            return self._reference(stack, name, dot + attribute)

        return _SUB_VARIABLE.sub(replacement, text)


def readable(template: Template, value: Any) -> Any:
    """A value of one template, resolved; its references name no stack: `{Storage/Lake.Arn}`."""
    return Resolver({"": template}).resolve("", value)


def references(value: Any) -> Iterator[tuple[str, str]]:
    """What stands in braces in a resolved value, and the text after it."""
    for text in strings(value):
        for match in _IN_BRACES.finditer(text):
            yield match[1], text[match.end() :]


def strings(value: Any) -> Iterator[str]:
    """Every string inside a value, keys left out."""
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from strings(item)
        case list():
            for item in value:
                yield from strings(item)


def values_at(value: Any, dotted_path: str) -> list[Any]:
    """What lies at a dotted path below `value`; every item of a list on the way is followed."""
    values = [value]
    for key in dotted_path.split("."):
        flat = [
            item for entry in values for item in (entry if isinstance(entry, list) else [entry])
        ]
        values = [entry[key] for entry in flat if isinstance(entry, Mapping) and key in entry]
    return values
