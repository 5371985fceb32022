"""The graph of an architecture, from its templates alone: no list of what the stacks contain."""

from stacks.catalogue import ARCHITECTURES
from tools.assembly import Assembly, architecture_of
from tools.assembly.intrinsics import values_at
from tools.site.pictures import fold
from tools.site.pictures.access import Access
from tools.site.pictures.entries import entries
from tools.site.pictures.flows import property_flows
from tools.site.pictures.model import Edge, Graph
from tools.site.pictures.stock import Stock

# Drawn only with an edge: a rule whose target is not drawn, a database whose tables are, a queue
# that a setting leaves unused.
_ONLY_WITH_AN_EDGE = ("schedule", "database", "queue", "topic")


def graph_of(architecture: str, assembly: Assembly) -> Graph:
    """The graph of one architecture.

    `assembly` may hold other architectures' stacks: what is imported from them is drawn, too.
    Raises ValueError if there is no such architecture, or a template of it is missing.
    """
    if architecture not in ARCHITECTURES:
        names = ", ".join(ARCHITECTURES)
        raise ValueError(f"{architecture}: no such architecture. Use one of {names}.")
    stacks = {stack for stack in assembly.templates if architecture_of(stack) == architecture}
    if len(stacks) < len(ARCHITECTURES[architecture].stacks):
        raise ValueError(f"{architecture}: the templates of some of its stacks are missing.")
    stock = Stock(assembly, stacks)
    access = Access(stock)
    flows = [*property_flows(stock), *access.flows()]
    nodes = {**stock.nodes, **access.services}
    precise = fold.most_precise(edge for edge in flows if _joins(edge, nodes))
    edges = fold.without_containers(precise, _containers(assembly))
    edges = fold.merged(fold.without_steps_of_workflows(edges, nodes), nodes)
    own_nodes = [node for node in nodes.values() if node.stack in stacks]
    for outside, edge in entries(precise, own_nodes):
        nodes[outside.id] = outside
        edges.append(edge)
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    drawn = (
        node
        for node in nodes.values()
        if node.id in ends or (node.stack in stacks and node.kind not in _ONLY_WITH_AN_EDGE)
    )
    return Graph(architecture, tuple(sorted(drawn)), tuple(sorted(edges)), tuple(stock.remarks()))


def _joins(edge: Edge, nodes: fold.Nodes) -> bool:
    return edge.source in nodes and edge.target in nodes and edge.source != edge.target


def _containers(assembly: Assembly) -> dict[str, list[str]]:
    """Table -> its database and the bucket that its data is in."""
    location = "TableInput.StorageDescriptor.Location"
    return {
        table.place: [
            place
            for dotted_path in (location, "DatabaseName")
            for place in assembly.places_in(values_at(table.properties, dotted_path))
        ]
        for table in assembly.of_type("AWS::Glue::Table")
    }
