"""A template with its intrinsic functions resolved to every value that they may have at deploy.

A condition takes either branch, a parameter its default and each allowed value, a mapping the value
of any Region: a defect in one of them is a defect. What only AWS knows stays a name in braces:
`${Bucket.Arn}`, `${AWS::Region}`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice, product
from typing import Any, NamedTuple

_SUB_VARIABLE = re.compile(r"\$\{([^!}]+)\}")
# No template needs more; a product of many parameters would otherwise take for ever.
_MOST_TEXTS = 64


class Resource(NamedTuple):
    """A resource as CloudFormation gets it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    """The whole of it: `DeletionPolicy`, `DependsOn` and so on."""


class Resolved:
    """A template whose values can be asked for with all that they may be."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self._parts: dict[str, list[tuple[str, Any]]] = {}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Logical id -> resource."""
        return {
            logical_id: Resource(
                logical_id, resource["Type"], resource.get("Properties") or {}, resource
            )
            for logical_id, resource in self.body.get("Resources", {}).items()
        }

    def of_type(self, *kinds: str) -> Iterator[Resource]:
        """The resources of some types: `S3::Bucket`."""
        names = {f"AWS::{kind}" for kind in kinds}
        return (resource for resource in self.resources.values() if resource.type in names)

    def options(self, value: Any) -> Iterator[Any]:
        """Every value that `value` may have: itself, unless it is an intrinsic function."""
        match value:
            case {"Ref": "AWS::NoValue"}:
                return
            case {"Ref": str(name)} if name in self.body.get("Parameters", {}):
                yield from self._parameter(name)
            case {"Fn::If": [_, *branches]}:
                for branch in branches:
                    yield from self.options(branch)
            case {"Fn::FindInMap": [str(name), *_]}:
                for row in self.body.get("Mappings", {}).get(name, {}).values():
                    yield from row.values()
            case {"Fn::Select": [_, choices]}:
                for choice in self.options(choices):
                    yield from choice if isinstance(choice, list) else [choice]
            case _:
                yield value

    def items(self, value: Any) -> Iterator[Any]:
        """Every item of a value that may be one or a list of them."""
        for option in self.options(value):
            if isinstance(option, list):
                for item in option:
                    yield from self.items(item)
            else:
                yield option

    def get(self, value: Any, *names: str) -> Iterator[Any]:
        """Every value at a path of properties; the items of lists on the way are followed."""
        if not names:
            yield from self.items(value)
            return
        for item in self.items(value):
            if isinstance(item, Mapping) and names[0] in item:
                yield from self.get(item[names[0]], *names[1:])

    def texts(self, value: Any) -> list[str]:
        """Every text that `value` may be; of a list, of each item."""
        return [text for item in self.items(value) for text in self._texts(item)]

    def walk(self, value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
        """Every part of a value with the name of its property, what strings of JSON hold too."""
        for item in self.items(value):
            yield name, item
            if isinstance(item, Mapping):
                for text in self._texts(item) if _is_text(item) else []:
                    yield name, text
                    yield from self._inside(text, name)
                for key, part in item.items():
                    yield from self.walk(part, name if key.startswith("Fn::") else key)
            elif isinstance(item, str):
                yield from self._inside(item, name)

    def parts(self, resource: Resource) -> list[tuple[str, Any]]:
        """Every part of a resource's properties, as `walk` finds them."""
        name = resource.logical_id
        if name not in self._parts:
            self._parts[name] = list(self.walk(resource.properties))
        return self._parts[name]

    def referenced(self, value: Any) -> set[str]:
        """The logical ids of the resources that a value refers to."""
        names = {
            name for text in self.texts(value) for name in re.findall(r"\$\{([A-Za-z0-9]+)", text)
        }
        return names & set(self.resources)

    def _inside(self, text: str, name: str) -> Iterator[tuple[str, Any]]:
        if text.lstrip().startswith(("{", "[")):
            try:
                parsed = json.loads(text)
            except ValueError:
                return
            yield from self.walk(parsed, name)

    def _parameter(self, name: str) -> Iterator[Any]:
        parameter = self.body["Parameters"][name]
        values = [parameter["Default"]] if "Default" in parameter else []
        values += parameter.get("AllowedValues", [])
        lists = "List" in parameter.get("Type", "")
        for option in dict.fromkeys(values) or [f"${{{name}}}"]:
            yield str(option).split(",") if lists else option

    def _texts(self, value: Any) -> list[str]:
        match value:
            case bool():
                texts = [str(value).lower()]
            case str() | int() | float():
                texts = [str(value)]
            case {"Ref": str(name)}:
                texts = [f"${{{name}}}"]
            case {"Fn::GetAtt": [str(name), attribute]} if isinstance(attribute, str):
                texts = [f"${{{name}.{attribute}}}"]
            case {"Fn::GetAtt": str(name)}:
                texts = [f"${{{name}}}"]
            case {"Fn::Join": [str(separator), list(parts)]}:
                texts = [separator.join(choice) for choice in self._choices(parts)]
            case {"Fn::Sub": str(text)}:
                texts = list(self._substituted(text, {}))
            case {"Fn::Sub": [str(text), Mapping() as variables]}:
                texts = list(self._substituted(text, variables))
            case {"Fn::Base64": inner}:
                texts = self.texts(inner)
            case {"Fn::ImportValue": name}:
                texts = [f"${{import {text}}}" for text in self.texts(name)]
            case _:
                texts = []
        return texts

    def _choices(self, parts: list[Any]) -> Iterator[tuple[str, ...]]:
        every = (self.texts(part) or [""] for part in parts)
        return islice(product(*every), _MOST_TEXTS)

    def _substituted(self, text: str, variables: Mapping[str, Any]) -> Iterator[str]:
        names = list(dict.fromkeys(_SUB_VARIABLE.findall(text)))
        for choice in self._choices([variables.get(name, {"Ref": name}) for name in names]):
            resolved = text
            for name, value in zip(names, choice, strict=True):
                resolved = resolved.replace(f"${{{name}}}", value)
            yield resolved


def _is_text(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in ("Fn::Join", "Fn::Sub", "Fn::Base64")
