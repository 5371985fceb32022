"""Where something comes into an architecture from outside, and who brings it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tools.site.pictures.looks import OUTSIDE
from tools.site.pictures.model import Edge, Evidence, Node


def entries(edges: Iterable[Edge], nodes: Iterable[Node]) -> Iterator[tuple[Node, Edge]]:
    """What stands outside before a node to which nothing flows but what came from there."""
    forth: dict[str, set[str]] = defaultdict(set)
    back: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.evidence > Evidence.LOOK:
            for source, target in _ways(edge):
                forth[source].add(target)
                back[target].add(source)
    for node in nodes:
        if node.kind not in OUTSIDE or node.id not in forth:
            continue
        if _reached(node.id, back) <= _reached(node.id, forth):
            outside = _outside(node)
            yield outside, Edge(outside.id, node.id, evidence=Evidence.PROPERTY)


def _ways(edge: Edge) -> list[tuple[str, str]]:
    forth = (edge.source, edge.target)
    return [forth, forth[::-1]] if edge.both else [forth]


def _outside(node: Node) -> Node:
    look = OUTSIDE[node.kind]
    return Node(
        id=f"outside/{node.id}",
        path="",
        stack="",
        group="",
        kind=look.kind,
        label=look.label,
        service=look.service,
        icon=look.icon,
        holds=look.holds,
    )


def _reached(start: str, ways: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in ways.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return found
