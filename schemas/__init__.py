"""The shape of the data, one JSON Schema a file: the one source of every type in this project.

Glue columns, the transform Lambda's validation and the Spark job's types derive from these files,
so this package travels into the Lambda bundle and the Glue job's archive as it is.
"""

import json
import pkgutil
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["string", "integer", "number", "boolean", "timestamp"]


@dataclass(frozen=True)
class Column:
    """One top-level property of a schema, as a table sees it."""

    name: str
    kind: Kind
    nullable: bool
    description: str


def load(name: str) -> dict[str, Any]:
    """The schema `schemas/<name>.schema.json`, its references to sibling files resolved.

    Raises FileNotFoundError if there is no such schema.
    """
    text = pkgutil.get_data(__name__, f"{name}.schema.json")
    if text is None:
        raise FileNotFoundError(f"no schema named {name}")
    schema: dict[str, Any] = json.loads(text)
    for field, definition in schema.get("properties", {}).items():
        if reference := definition.get("$ref"):
            target = load(reference.removesuffix(".schema.json"))
            schema["properties"][field] = {**target, **definition}
    return schema


def columns(name: str) -> list[Column]:
    """The properties of a schema in the order written there, which is the tables' column order."""
    schema = load(name)
    required = set(schema["required"])
    return [
        Column(
            name=field,
            kind=_kind(definition),
            nullable="null" in _types(definition) or field not in required,
            description=definition.get("description", ""),
        )
        for field, definition in schema["properties"].items()
    ]


def _types(definition: dict[str, Any]) -> list[str]:
    types = definition["type"]
    return types if isinstance(types, list) else [types]


def _kind(definition: dict[str, Any]) -> Kind:
    if definition.get("format") == "date-time":
        return "timestamp"
    kind = next(kind for kind in _types(definition) if kind != "null")
    return cast("Kind", kind)
