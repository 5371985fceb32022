"""The graph of an architecture, from its templates alone: no list of what our stacks contain."""

from stacks.catalogue import ARCHITECTURES
from tools.assembly import Templates
from tools.site.pictures import fold
from tools.site.pictures.access import Access
from tools.site.pictures.entries import entries
from tools.site.pictures.flows import property_flows
from tools.site.pictures.model import Edge, Graph
from tools.site.pictures.references import at, named, places
from tools.site.pictures.stock import Stock

# Nothing is lost without them where nothing flows: a rule whose target is not drawn, a database
# whose tables are, a queue for what a setting does not switch on.
_ONLY_JOINED = ("schedule", "database", "queue", "topic")


def graph_of(architecture: str, templates: Templates) -> Graph:
    """What one architecture's picture shows.

    `templates` may hold other architectures' stacks, too: what is imported from them is drawn.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(f"{architecture}: no such architecture. Use one of {known}.")
    stacks = set(ARCHITECTURES[architecture].stack_names)
    if missing := stacks - templates.keys():
        raise ValueError(f"{architecture}: no template of {', '.join(sorted(missing))} is given.")
    stock = Stock(places(templates), stacks)
    access = Access(stock)
    flows = [*property_flows(stock), *access.flows()]
    nodes = {**stock.nodes, **access.services}
    exact = fold.most_exact(each for each in flows if _joins(each, nodes))
    edges = fold.without_containers(exact, _containers(stock))
    edges = fold.merged(fold.without_steps_of_workflows(edges, nodes), nodes)
    own = [node for node in nodes.values() if node.stack in stacks]
    for outside, edge in entries(exact, own):
        nodes[outside.id] = outside
        edges.append(edge)
    joined = {end for edge in edges for end in (edge.source, edge.target)}
    shown = (
        node
        for node in nodes.values()
        if node.id in joined or (node.stack in stacks and node.kind not in _ONLY_JOINED)
    )
    return Graph(tuple(sorted(shown)), tuple(sorted(edges)), tuple(stock.remarks()))


def _joins(edge: Edge, nodes: fold.Nodes) -> bool:
    return edge.source in nodes and edge.target in nodes and edge.source != edge.target


def _containers(stock: Stock) -> dict[str, list[str]]:
    location = "TableInput.StorageDescriptor.Location"
    return {
        place: [
            container
            for path in (location, "DatabaseName")
            for container, _ in named(at(each.properties, path))
        ]
        for place, each in stock.places.items()
        if each.type == "AWS::Glue::Table"
    }
