"""Leaves out edges that others imply, so that the picture stays readable."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tools.site.pictures.model import Edge, Evidence, Node

Nodes = Mapping[str, Node]


def most_precise(edges: Iterable[Edge]) -> list[Edge]:
    """Between two nodes, the edges with the most precise evidence."""
    by_pair: dict[frozenset[str], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_pair[frozenset((edge.source, edge.target))].append(edge)
    return [
        edge
        for pair in by_pair.values()
        for edge in pair
        if edge.evidence == max(candidate.evidence for candidate in pair)
    ]


def without_containers(
    edges: Iterable[Edge], containers: Mapping[str, Collection[str]]
) -> list[Edge]:
    """Without edges to the bucket and the database of a table that has an edge itself."""
    directions = _directions(edges)
    tables: dict[str, list[str]] = defaultdict(list)
    for table, places in containers.items():
        for container in places:
            tables[container].append(table)

    def implied(edge: Edge) -> bool:
        through_table = {(edge.source, table) for table in tables[edge.target]}
        through_table |= {(table, edge.target) for table in tables[edge.source]}
        if edge.evidence == Evidence.METADATA:
            through_table |= {(target, source) for source, target in through_table}
        return not directions.isdisjoint(through_table)

    # An edge that is drawn in one direction is drawn in the other, too.
    drawn = {frozenset((edge.source, edge.target)) for edge in edges if not implied(edge)}
    return [edge for edge in edges if frozenset((edge.source, edge.target)) in drawn]


def without_steps_of_workflows(edges: Iterable[Edge], nodes: Nodes) -> list[Edge]:
    """Without edges from a workflow to what one of its steps reads, writes or calls.

    Likewise without edges to a bucket from what starts the workflow.
    """
    directions = _directions(edges)
    steps = {
        name: _reached(name, directions, nodes)
        for name, node in nodes.items()
        if node.kind == "workflow"
    }
    for name, node in nodes.items():
        if node.kind == "function":
            started = [workflow for workflow in steps if (name, workflow) in directions]
            steps[name] = set().union(*(steps[workflow] for workflow in started))

    def implied(edge: Edge) -> bool:
        for actor, peer in ((edge.target, edge.source), (edge.source, edge.target)):
            applies = nodes[peer].holds or nodes[peer].kind == "service"
            if nodes[actor].kind == "function":
                applies = nodes[peer].kind == "bucket"
            if applies and actor in steps:
                through_step = (
                    (step, peer) if actor == edge.source else (peer, step) for step in steps[actor]
                )
                return not directions.isdisjoint(through_step)
        return False

    return [edge for edge in edges if not implied(edge)]


def merged(edges: Iterable[Edge], nodes: Nodes) -> list[Edge]:
    """One edge a pair, with two heads if data flows both ways."""
    by_pair: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_pair[min(edge.source, edge.target), max(edge.source, edge.target)].append(edge)
    merged_edges = []
    for (first, second), pair in by_pair.items():
        two_way = any(edge.two_way for edge in pair) or len({edge.source for edge in pair}) == 2
        source, target = (pair[0].source, pair[0].target)
        # What works is drawn before what stores: the picture then runs from left to right.
        if two_way and nodes[first].holds != nodes[second].holds:
            source, target = (second, first) if nodes[first].holds else (first, second)
        labels = {edge.label for edge in pair}
        label = labels.pop() if len(labels) == 1 else ""
        evidence = max(edge.evidence for edge in pair)
        merged_edges.append(Edge(source, target, label, evidence, two_way))
    return sorted(merged_edges)


def _directions(edges: Iterable[Edge]) -> set[tuple[str, str]]:
    directions = {(edge.source, edge.target) for edge in edges}
    return directions | {(edge.target, edge.source) for edge in edges if edge.two_way}


def _reached(start: str, directions: set[tuple[str, str]], nodes: Nodes) -> set[str]:
    """The nodes that work, and that `start` starts directly or through others."""
    reached: set[str] = set()
    queue = [start]
    while queue:
        current = queue.pop()
        for source, target in directions:
            works = not nodes[target].holds and nodes[target].kind != "service"
            if source == current and works and target not in reached and target != start:
                reached.add(target)
                queue.append(target)
    return reached
