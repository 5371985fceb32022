"""Which edges a picture does without, so that it can be read: each rule says why."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tools.site.pictures.model import Edge, Evidence, Node

Nodes = Mapping[str, Node]


def most_exact(edges: Iterable[Edge]) -> list[Edge]:
    """Between two nodes, only what the most exact evidence says."""
    by_pair: dict[frozenset[str], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_pair[frozenset((edge.source, edge.target))].append(edge)
    return [
        edge
        for found in by_pair.values()
        for edge in found
        if edge.evidence == max(each.evidence for each in found)
    ]


def without_containers(
    edges: Iterable[Edge], containers: Mapping[str, Collection[str]]
) -> list[Edge]:
    """Whoever uses a table uses its bucket and its database: that goes without saying."""
    ways = _ways(edges)
    tables: dict[str, list[str]] = defaultdict(list)
    for table, found in containers.items():
        for container in found:
            tables[container].append(table)

    def said(edge: Edge) -> bool:
        forth = {(edge.source, each) for each in tables[edge.target]}
        forth |= {(each, edge.target) for each in tables[edge.source]}
        if edge.evidence == Evidence.LOOK:
            forth |= {(target, source) for source, target in forth}
        return not ways.isdisjoint(forth)

    # What is drawn for one way takes the other way along.
    left = {frozenset((edge.source, edge.target)) for edge in edges if not said(edge)}
    return [edge for edge in edges if frozenset((edge.source, edge.target)) in left]


def without_steps_of_workflows(edges: Iterable[Edge], nodes: Nodes) -> list[Edge]:
    """What a step of a workflow reads, writes or calls need not be shown of the workflow, too.

    Nor need a bucket be shown of what starts the workflow.
    """
    ways = _ways(edges)
    steps = {
        name: _reached(name, ways, nodes) for name, node in nodes.items() if node.kind == "workflow"
    }
    for name, node in nodes.items():
        if node.kind == "function":
            started = [each for each in steps if (name, each) in ways]
            steps[name] = set().union(*(steps[each] for each in started))

    def said(edge: Edge) -> bool:
        for actor, other in ((edge.target, edge.source), (edge.source, edge.target)):
            worth = nodes[other].holds or nodes[other].kind == "service"
            if nodes[actor].kind == "function":
                worth = nodes[other].kind == "bucket"
            if worth and actor in steps:
                same = (
                    (each, other) if actor == edge.source else (other, each)
                    for each in steps[actor]
                )
                return not ways.isdisjoint(same)
        return False

    return [edge for edge in edges if not said(edge)]


def merged(edges: Iterable[Edge], nodes: Nodes) -> list[Edge]:
    """One edge a pair, with two heads if something flows both ways."""
    by_pair: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_pair[min(edge.source, edge.target), max(edge.source, edge.target)].append(edge)
    made = []
    for (one, other), found in by_pair.items():
        both = any(each.both for each in found) or len({each.source for each in found}) == 2
        source, target = (found[0].source, found[0].target)
        # What works stands before what holds: a picture then runs from left to right.
        if both and (nodes[one].holds, nodes[other].holds) in ((True, False), (False, True)):
            source, target = (other, one) if nodes[one].holds else (one, other)
        labels = {each.label for each in found}
        label = labels.pop() if len(labels) == 1 else ""
        made.append(Edge(source, target, label, max(e.evidence for e in found), both))
    return sorted(made)


def _ways(edges: Iterable[Edge]) -> set[tuple[str, str]]:
    ways = {(edge.source, edge.target) for edge in edges}
    return ways | {(edge.target, edge.source) for edge in edges if edge.both}


def _reached(start: str, ways: set[tuple[str, str]], nodes: Nodes) -> set[str]:
    """What works, and is set going by `start`, at whatever remove."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        at = waiting.pop()
        for source, target in ways:
            works = not nodes[target].holds and nodes[target].kind != "service"
            if source == at and works and target not in found and target != start:
                found.add(target)
                waiting.append(target)
    return found
