"""The reference of the settings: every key that `-c` takes, made from the dataclasses."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from inspect import cleandoc
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from stacks.catalogue import ENVIRONMENTS, setting_names
from stacks.environments import Environment
from tools.site.tables import code, table

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "pattern": "matching `{}`",
    "minItems": "at least {} of them",
}


def page() -> str:
    """The settings page in Markdown."""
    told = [
        "# Settings",
        "Every key that `-c` takes beside `env`. A value out of range, or a key that is none, fails"
        " the synth with a sentence that says what is allowed. An empty cell: the default.",
        "## All architectures",
        _table("", Environment),
    ]
    for group, kind in _groups():
        told += [f"## {group}", cleandoc(kind.__doc__ or ""), _table(group, kind)]
    return "\n\n".join(told) + "\n"


def _groups() -> Iterator[tuple[str, type]]:
    known = {name.partition(".")[0] for name in setting_names() if "." in name}
    for name, kind in get_type_hints(Environment).items():
        if name in known and is_dataclass(kind) and isinstance(kind, type):
            yield name, kind


def _table(group: str, kind: type) -> str:
    prefix = f"{group}." if group else ""
    comments = _comments(kind)
    rows = []
    for field in fields(kind):
        key = f"{prefix}{field.name}"
        if key not in setting_names():
            continue
        default = _default(field)
        values = [_value(name, group, field.name) for name in ENVIRONMENTS]
        rows.append(
            (
                f'<a id="{key}"></a>`{key}`',
                comments.get(field.name, ""),
                _allowed(kind, field.name),
                "" if default is MISSING else _shown(default),
                *("" if value == default else _shown(value) for value in values),
            )
        )
    return table(["key", "what it does", "allowed", "default", *ENVIRONMENTS], rows)


def _value(environment: str, group: str, name: str) -> Any:
    values: Any = ENVIRONMENTS[environment]
    return getattr(getattr(values, group) if group else values, name)


def _default(field: "Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        value = ",".join(value)
    if value in (None, ""):
        return "none"
    return code(str(value).lower() if isinstance(value, bool) else value)


def _allowed(kind: type, name: str) -> str:
    """What a value may be, in words, from the JSON Schema that pydantic makes of its type."""
    return "; ".join(dict.fromkeys(_words(TypeAdapter(kind).json_schema()["properties"][name])))


def _words(schema: dict[str, Any]) -> Iterator[str]:
    for part in schema.get("anyOf", []):
        yield from _words(part)
    if "enum" in schema:
        yield ", ".join(code(each) for each in schema["enum"])
    elif schema.get("type") == "boolean":
        yield "`true`, `false`"
    elif schema.get("type") == "null":
        yield "`none`"
    elif schema.get("type") == "array":
        yield "several, with commas: " + ", ".join(_words(schema["items"]))
    else:
        limits = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
        if limits:
            yield ", ".join(limits)


def _comments(kind: type) -> dict[str, str]:
    """Field -> the comment above it in the source, on one line."""
    source = cleandoc(inspect.getsource(kind))
    lines = source.splitlines()
    found = {}
    for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            above: list[str] = []
            for line in reversed(lines[: node.lineno - 1]):
                if not (comment := re.fullmatch(r"\s*# (.*)", line)):
                    break
                above.insert(0, comment[1])
            found[node.target.id] = " ".join(above)
    return found
