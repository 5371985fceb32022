"""The settings that `-c` takes: descriptions, limits and values, read from their dataclasses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from inspect import getdoc
from typing import Any

from pydantic import TypeAdapter

from stacks.catalogue import ENVIRONMENTS
from stacks.environments import CommonSettings, SettingsGroup

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "words": "{}",
    "minItems": "at least {} of them",
}


@dataclass(frozen=True)
class Setting:
    """One setting. Values are written as `-c` takes them; None is no default."""

    key: str
    description: str
    allowed: str
    """In words: "at least 1, at most 1000; `none`"."""
    default: str | None
    values: Mapping[str, str]
    """Environment -> value."""


@dataclass(frozen=True)
class Group:
    """Settings that belong together: those of an architecture's group, or the common ones."""

    name: str
    """Empty for the common settings."""
    description: str
    settings: tuple[Setting, ...]


def common() -> Group:
    """The settings of every architecture."""
    values = {name: environment.common for name, environment in ENVIRONMENTS.items()}
    return _group("", CommonSettings, values)


def group(declared: SettingsGroup[Any]) -> Group:
    """One settings group of an architecture."""
    values = {name: getattr(declared, name) for name in ENVIRONMENTS}
    return _group(declared.name, declared.kind, values)


def groups(declared: Iterable[SettingsGroup[Any]]) -> list[Group]:
    """The common settings and those of some groups."""
    return [common(), *map(group, declared)]


def written(value: Any) -> str:
    """A value as `-c` takes it."""
    if value is None or value in ((), ""):
        return "none"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _group(name: str, kind: type[Any], values: Mapping[str, Any]) -> Group:
    schemas = TypeAdapter(kind).json_schema()["properties"]
    settings = tuple(
        Setting(
            key=f"{name}.{field.name}" if name else field.name,
            description=" ".join(schemas[field.name].get("description", "").split()),
            allowed="; ".join(dict.fromkeys(_words(schemas[field.name]))),
            default=_default(field),
            values={
                environment: written(getattr(settings, field.name))
                for environment, settings in values.items()
            },
        )
        for field in fields(kind)
    )
    return Group(name, getdoc(kind) or "", settings)


def _default(field: "Field[Any]") -> str | None:
    if field.default_factory is not MISSING:
        return written(field.default_factory())
    return None if field.default is MISSING else written(field.default)


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    """What a value may be, from the JSON Schema of its type."""
    for alternative in schema.get("anyOf", []):
        yield from _words(alternative)
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
    elif schema.get("type") == "boolean":
        yield "`true`, `false`"
    elif schema.get("type") == "null":
        yield "`none`"
    elif schema.get("type") == "array":
        yield "several, separated by commas: " + ", ".join(_words(schema["items"]))
    else:
        limits = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
        if limits:
            yield ", ".join(limits)
