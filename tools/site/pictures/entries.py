"""Where data enters an architecture from outside, and what sends it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tools.site.pictures.looks import OUTSIDE
from tools.site.pictures.model import Edge, Evidence, Node


def entries(edges: Iterable[Edge], nodes: Iterable[Node]) -> Iterator[tuple[Node, Edge]]:
    """A node outside, and its edge to each node that receives only data that came from there."""
    downstream: dict[str, set[str]] = defaultdict(set)
    upstream: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.evidence > Evidence.METADATA:
            for source, target in _directions(edge):
                downstream[source].add(target)
                upstream[target].add(source)
    for node in nodes:
        if node.kind not in OUTSIDE or node.id not in downstream:
            continue
        if _reached(node.id, upstream) <= _reached(node.id, downstream):
            outside = _outside(node)
            yield outside, Edge(outside.id, node.id, evidence=Evidence.PROPERTY)


def _directions(edge: Edge) -> list[tuple[str, str]]:
    forward = (edge.source, edge.target)
    return [forward, forward[::-1]] if edge.two_way else [forward]


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


def _reached(start: str, neighbours: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    queue = [start]
    while queue:
        for name in neighbours.get(queue.pop(), set()) - reached:
            reached.add(name)
            queue.append(name)
    return reached
