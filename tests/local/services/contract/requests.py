"""Hypothesis strategies for requests: those that a shape allows, and those that break one limit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from string import ascii_letters
from typing import Any

from botocore.model import Shape
from hypothesis import strategies as st

from local.services.contract import patterns
from local.services.contract.exceptions import EXCEPTIONS

# Nothing optional below this depth: shapes refer to themselves.
_DEEPEST = 3
_MOST_ITEMS, _MOST_OPTIONAL = 2, 3
_MOST_CHARACTERS = 60
_ANY_NUMBER = 1_000_000
Draw = Any


@dataclass(frozen=True)
class Site:
    """A limit somewhere in a shape, and the steps that lead to it."""

    steps: tuple[str, ...]
    """Names of members; `[]` for an item, `{}` for a value of a map."""
    limit: str
    stated: str
    """`max 36`: what a message about it has to quote."""


@st.composite
def valid(draw: Draw, shape: Any, depth: int = 0) -> Any:
    """A value that the shape allows."""
    kind = shape.type_name
    if kind == "structure":
        return draw(_structure(shape, depth))
    if kind == "list":
        count = draw(st.integers(*_sizes(shape)))
        return [draw(valid(shape.member, depth + 1)) for _ in range(count)]
    if kind == "map":
        low, high = _sizes(shape)
        keys, values = valid(shape.key, depth + 1), valid(shape.value, depth + 1)
        return draw(st.dictionaries(keys, values, min_size=low, max_size=high))
    return draw(_scalar(shape))


def _scalar(shape: Shape) -> st.SearchStrategy[Any]:
    scalars: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "string": lambda: _text(shape),
        "integer": lambda: st.integers(*_range(shape)),
        "long": lambda: st.integers(*_range(shape)),
        "float": lambda: st.floats(*_range(shape), allow_nan=False),
        "double": lambda: st.floats(*_range(shape), allow_nan=False),
        "boolean": st.booleans,
        "blob": lambda: st.binary(min_size=shape.metadata.get("min", 0), max_size=50),
        "timestamp": lambda: st.just("2026-11-28T00:00:00Z"),
    }
    return scalars[shape.type_name]()


@st.composite
def _structure(draw: Draw, shape: Any, depth: int) -> dict[str, Any]:
    members = list(shape.members)
    if shape.is_tagged_union:
        chosen = [draw(st.sampled_from(members))]
    else:
        optional = [name for name in members if name not in shape.required_members]
        extra = (
            draw(st.sets(st.sampled_from(optional), max_size=_MOST_OPTIONAL))
            if optional and depth < _DEEPEST
            else set()
        )
        chosen = [*shape.required_members, *sorted(extra)]
    return {name: draw(valid(shape.members[name], depth + 1)) for name in chosen}


def _text(shape: Shape) -> st.SearchStrategy[str]:
    limits = shape.metadata
    if "enum" in limits:
        return st.sampled_from(limits["enum"])
    low = limits.get("min", 0)
    high = min(limits.get("max", _MOST_CHARACTERS), max(low, _MOST_CHARACTERS))
    if "pattern" not in limits:
        return st.text(st.characters(codec="utf-8"), min_size=low, max_size=high)
    pattern = patterns.compiled(EXCEPTIONS.get(limits["pattern"], limits["pattern"]))
    # Hypothesis takes minutes for a class that holds most of Unicode: letters are in all of them.
    wide = any(escape in limits["pattern"] for escape in (r"\u", r"\p{", r"\P{"))
    texts = st.text(ascii_letters, min_size=low, max_size=high) if wide else _matching(pattern)
    return texts.filter(lambda text: low <= len(text) <= high and pattern.fullmatch(text))


@cache
def _matching(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))


def _sizes(shape: Shape) -> tuple[int, int]:
    low = shape.metadata.get("min", 0)
    return low, max(low, min(shape.metadata.get("max", _MOST_ITEMS), _MOST_ITEMS))


def _range(shape: Shape) -> tuple[int, int]:
    low = shape.metadata.get("min", -_ANY_NUMBER)
    return low, shape.metadata.get("max", max(low, _ANY_NUMBER))


def sites(shape: Any, steps: tuple[str, ...] = (), around: tuple[str, ...] = ()) -> list[Site]:
    """Every limit in a shape, each recursive shape entered once."""
    if shape.name in around:
        return []
    around = (*around, shape.name)
    limits = [Site(steps, limit, stated) for limit, stated in _limits(shape)]
    match shape.type_name:
        case "structure":
            limits += [
                Site((*steps, name), "required", "must not be null")
                for name in shape.required_members
                if "idempotencyToken" not in shape.members[name].metadata
            ]
            for name, member in shape.members.items():
                limits += sites(member, (*steps, name), around)
        case "list":
            limits += sites(shape.member, (*steps, "[]"), around)
        case "map":
            limits += sites(shape.value, (*steps, "{}"), around)
    return limits


def _limits(shape: Any) -> list[tuple[str, str]]:
    stated = shape.metadata
    kind = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"
    limits_of_shape = []
    if "max" in stated and (kind == "value" or stated["max"] < 10_000_000):
        limits_of_shape.append((f"max {kind}", f"less than or equal to {stated['max']}"))
    if stated.get("min", 0) > 0:
        limits_of_shape.append((f"min {kind}", f"greater than or equal to {stated['min']}"))
    if "enum" in stated:
        limits_of_shape.append(("enum", stated["enum"][0]))
    if shape.type_name == "structure":
        limits_of_shape.append(("unknown", "NoSuchMember"))
    return limits_of_shape


@st.composite
def broken(draw: Draw, shape: Any, site: Site) -> tuple[Any, str]:
    """A request that breaks the limit of `site` alone, and the path that a message names."""
    request, path = draw(_broken(shape, site, site.steps))
    return request, path


@st.composite
def _broken(draw: Draw, shape: Any, site: Site, steps: tuple[str, ...]) -> tuple[Any, str]:
    if not steps:
        return draw(_break(shape, site)), ""
    step, later = steps[0], steps[1:]
    base = draw(valid(shape, _DEEPEST))
    if site.limit == "required" and not later:
        del base[step]
        return base, step
    if step == "[]":
        item, path = draw(_broken(shape.member, site, later))
        items = [item, *base[1:]]
        return items, _joined("[0]", path)
    if step == "{}":
        key = next(iter(base), None) or draw(valid(shape.key).filter(bool))
        item, path = draw(_broken(shape.value, site, later))
        return {**base, key: item}, _joined(key, path)
    item, path = draw(_broken(shape.members[step], site, later))
    request = {step: item} if shape.is_tagged_union else {**base, step: item}
    return request, _joined(step, path)


@st.composite
def _break(draw: Draw, shape: Any, site: Site) -> Any:
    stated = shape.metadata
    match site.limit:
        case "enum":
            return "no-such-value"
        case "unknown":
            return {**draw(valid(shape, _DEEPEST)), "NoSuchMember": 1}
        case "max value":
            return stated["max"] + 1
        case "min value":
            return stated["min"] - 1
        case "max length":
            return draw(_of_length(shape, stated["max"] + 1))
        case _:
            return draw(_of_length(shape, stated["min"] - 1))


@st.composite
def _of_length(draw: Draw, shape: Any, length: int) -> Any:
    match shape.type_name:
        case "list":
            return [draw(valid(shape.member, _DEEPEST))] * length
        case "map":
            return {f"key{number}": draw(valid(shape.value, _DEEPEST)) for number in range(length)}
        case "blob":
            return b"x" * length
        case _:
            return "x" * length


def _joined(step: str, path: str) -> str:
    """A path as the service writes it: `RoleArn`, `Tags[0].Key`; keys may begin with a bracket."""
    return f"{step}{path}" if not path or path.startswith("[0]") else f"{step}.{path}"
