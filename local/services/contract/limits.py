"""A request held against botocore's model of it: every limit that the model states.

botocore itself checks types, required members and minima; here are patterns, enumerations, maxima,
sizes of lists and maps, and unions as well. Sentences about limits are those of the services.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from local.services.contract import patterns
from local.services.contract.exceptions import EXCEPTIONS

_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


@dataclass(frozen=True)
class Violation:
    """A limit of the model that a request breaks."""

    path: str
    """`InputDataConfig[0].ChannelName`; empty for the request itself."""
    limit: str
    """`required`, `unknown`, `union`, `type`, `enum`, `pattern`, `length` or `value`."""
    message: str


def violations(shape: Shape, value: object) -> list[Violation]:
    """Every limit that a request breaks, in the order of its members.

    `value` is the request as botocore takes it: members as the model spells them. A member that the
    SDKs fill in by themselves (an idempotency token) counts as present.
    """
    return list(_check(shape, value, ""))


def _check(shape: Shape, value: object, path: str) -> Iterator[Violation]:
    kind: str = shape.type_name
    if not _is_of_type(value, kind):
        yield Violation(path, "type", f"Value {_short(value)} at '{path}' must be a {kind}")
        return
    yield from _constraints(shape, value, path)
    if nested := _NESTED.get(kind):
        yield from nested(shape, value, path)


def _is_of_type(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    # What JSON holds of a whole number may be 1.0; blobs and timestamps come in many forms.
    if kind in ("integer", "long") and isinstance(value, float):
        return value.is_integer()
    return kind not in _TYPES or isinstance(value, _TYPES[kind])


def _constraints(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    """The limits of a value itself, not of what it holds."""
    limits = shape.metadata
    if "min" in limits or "max" in limits:
        yield from _bounds(shape, value, path)
    # A map has its patterns at its keys and values, a list at its items.
    enum = limits.get("enum") if isinstance(value, str) else None
    if enum and value not in enum:
        members = ", ".join(enum)
        constraint = f"Member must satisfy enum value set: [{members}]"
        yield _refused(value, path, "enum", constraint)
    pattern = limits.get("pattern") if isinstance(value, str) else None
    if pattern and not patterns.compiled(EXCEPTIONS.get(pattern, pattern)).fullmatch(value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield _refused(value, path, "pattern", constraint)


def _bounds(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    sized = shape.type_name in ("string", "blob", "list", "map")
    if sized and not hasattr(value, "__len__"):
        return  # a file or a stream
    amount = len(value) if sized else value
    noun, limit = ("have length", "length") if sized else ("have value", "value")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and amount < low:
        yield _refused(value, path, limit, f"Member must {noun} greater than or equal to {low}")
    if high is not None and amount > high:
        yield _refused(value, path, limit, f"Member must {noun} less than or equal to {high}")


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    if getattr(shape, "is_document_type", False):
        return
    members: Mapping[str, Shape] = shape.members
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        names = ", ".join(members)
        yield Violation(path, "union", f"'{path}' must have exactly one of the members {names}")
    for name in shape.required_members:
        if name not in value and "idempotencyToken" not in members[name].metadata:
            yield _refused(None, _join(path, name), "required", "Member must not be null")
    for name, item in value.items():
        if name in members:
            yield from _check(members[name], item, _join(path, name))
        else:
            place = _join(path, name)
            message = f"The field '{place}' is not one of {', '.join(members)}"
            yield Violation(place, "unknown", message)


def _list(shape: Any, value: list[Any], path: str) -> Iterator[Violation]:
    for place, item in enumerate(value):
        yield from _check(shape.member, item, f"{path}[{place}]")


def _map(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    for key, item in value.items():
        yield from _check(shape.key, key, f"{path}.{key}")
        yield from _check(shape.value, item, f"{path}.{key}")


_NESTED: Mapping[str, Callable[[Any, Any, str], Iterator[Violation]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}


def _refused(value: object, path: str, limit: str, constraint: str) -> Violation:
    message = f"Value {_short(value)} at '{path}' failed to satisfy constraint: {constraint}"
    return Violation(path, limit, message)


def _short(value: object) -> str:
    text = "null" if value is None else f"'{value}'"
    return text if len(text) <= 100 else f"{text[:100]}..."


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
