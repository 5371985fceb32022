"""JSONata as Step Functions takes it: it parses, and every name in it exists."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonata
from jsonata.jexception import JException

# What Step Functions adds to JSONata's own functions, and what it leaves out:
# docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html, read on 2026-11-28.
_OF_STEP_FUNCTIONS = {"partition", "range", "hash", "random", "uuid", "parse", "states"}
_NOT_SUPPORTED = {"eval"}


def complaint(expression: str, assigned: set[str]) -> str | None:
    """What is wrong with an expression in which the variables `assigned` exist, if anything."""
    limit = sys.getrecursionlimit()
    try:
        tree = jsonata.Jsonata(expression).ast
    except (JException, RecursionError) as error:
        return f"it does not parse: {error}"
    finally:
        sys.setrecursionlimit(limit)  # the library raises the limit of the whole process
    nodes = list(_nodes(tree))
    bound = {name for node in nodes for name in _bound(node)}
    names = {node.value for node in nodes if node.type == "variable" and node.value}
    if unknown := sorted(names - bound - assigned - _functions()):
        return f"nothing is named {', '.join(f'${name}' for name in unknown)}"
    return None


def literals(expression: str) -> Iterator[tuple[str | None, str]]:
    """Each quoted text with the name that it is the value of, if it is in an object."""
    for match in re.finditer(r"""(?:['"](\w+)['"]\s*:\s*)?['"]([^'"]*)['"]""", expression):
        yield match[1], match[2]


@cache
def _functions() -> frozenset[str]:
    of_jsonata = set(jsonata.Jsonata.static_frame.bindings)
    return frozenset((of_jsonata | _OF_STEP_FUNCTIONS) - _NOT_SUPPORTED)


def _bound(node: Any) -> Iterator[str]:
    if node.type == "bind":
        yield node.lhs.value
    elif node.type == "lambda":
        yield from (argument.value for argument in node.arguments)
    for name in ("focus", "index"):
        if isinstance(text := getattr(node, name, None), str):
            yield text


def _nodes(node: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Every node of a parsed expression."""
    seen = set() if seen is None else seen
    if isinstance(node, list | tuple):
        for item in node:
            yield from _nodes(item, seen)
    elif hasattr(node, "type") and hasattr(node, "value") and id(node) not in seen:
        seen.add(id(node))
        yield node
        for name, part in vars(node).items():
            if name != "_outer_instance":
                yield from _nodes(part, seen)
