"""An architecture's graph as a drawing: shapes, frames and lines, wide or tall."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from tools.site.pictures.drawing import Drawing, Line, Shape
from tools.site.pictures.model import Edge, Graph, Node
from tools.site.pictures.words import spoken, text_width, wrapped

Link = Callable[[Node], str | None]

ICON = 48.0
# Title and note; a phone shows the tall picture a little smaller than it is.
_SIZES = {False: (13.0, 11.0), True: (14.0, 12.5)}
_TEXT_WIDTH = 104.0
_WIDE = {
    "elk.spacing.nodeNode": "32",
    "elk.layered.spacing.nodeNodeBetweenLayers": "34",
    "elk.layered.spacing.edgeNodeBetweenLayers": "18",
    "elk.spacing.edgeNode": "18",
    "elk.spacing.edgeEdge": "12",
    "elk.layered.considerModelOrder.strategy": "PREFER_NODES",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
}
# A stack's frame needs no room around it, as the frame of a group does.
_AROUND_STACKS = "[top=12,left=12,bottom=12,right=12]"
_TALL = _WIDE | {
    "elk.layered.layering.strategy": "COFFMAN_GRAHAM",
    "elk.layered.spacing.nodeNodeBetweenLayers": "28",
    "elk.layered.spacing.edgeNodeBetweenLayers": "12",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
    "elk.spacing.nodeNode": "8",
    "elk.spacing.edgeNode": "8",
    "elk.spacing.edgeEdge": "7",
    "elk.spacing.edgeLabel": "1",
}


def drawing_of(graph: Graph, link: Link, *, tall: bool) -> Drawing:
    """The drawing of an architecture, for wide or for tall screens."""
    name, order = graph.architecture, in_order(graph)
    shapes = tuple(_shapes(graph, order, link, tall=tall))
    framed = {"elk.padding": _AROUND_STACKS} if any(s.style == "stack" for s in shapes) else {}
    return Drawing(
        name=f"{name}-{'tall' if tall else 'wide'}",
        title=f"Architecture of {name.replace('-', ' ')}",
        description=" ".join(_sentences(graph)),
        direction="DOWN" if tall else "RIGHT",
        shapes=shapes,
        lines=tuple(_line(graph, edge, order) for edge in graph.edges),
        footer=graph.remarks,
        options=(_TALL if tall else _WIDE) | framed,
        title_size=_SIZES[tall][0],
        note_size=_SIZES[tall][1],
    )


def tall_variants(tall: Drawing) -> Iterator[Drawing]:
    """A tall drawing with four nodes side by side, down to one: longer, and mostly narrower."""
    for side_by_side in (4, 3, 2, 1):
        for placement in ("NETWORK_SIMPLEX", "BRANDES_KOEPF"):
            options = {
                "elk.layered.layering.coffmanGraham.layerBound": str(side_by_side),
                "elk.layered.nodePlacement.strategy": placement,
            }
            yield replace(tall, options=tall.options | options)


def in_order(graph: Graph) -> list[str]:
    """The ids of the nodes in the order of data flow; an edge to an earlier one flows back."""
    after: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        after[edge.source].append(edge.target)
    entered = {target for targets in after.values() for target in targets}
    postorder: list[str] = []
    visited: set[str] = set()

    def visit(name: str) -> None:
        if name not in visited:
            visited.add(name)
            for target in after[name]:
                visit(target)
            postorder.append(name)

    starts = sorted(graph.nodes, key=lambda node: (node.id in entered, node.kind != "outside"))
    # In reverse: the order is turned round below.
    for node in reversed(starts):
        if node.id not in entered:
            visit(node.id)
    for node in starts:
        visit(node.id)
    return postorder[::-1]


def _shapes(graph: Graph, order: list[str], link: Link, *, tall: bool) -> Iterator[Shape]:
    stacks = sorted({node.stack for node in graph.nodes if node.stack})
    # On a phone, nested frames do not fit.
    outer = stacks if len(stacks) > 1 and not tall else []
    for stack in outer:
        width = text_width(stack, _SIZES[tall][0], bold=True) + 28
        yield Shape(stack, width, 60, "stack", title=(stack,), spoken=stack)
    positions = {name: position for position, name in enumerate(order)}
    first: dict[str, int] = {}
    for node in graph.nodes:
        group = _group(node)
        first[group] = min(positions[node.id], first.get(group, len(order)))
    # Nodes of one construct are neighbours, so that a frame fits around them.
    for node in sorted(graph.nodes, key=lambda node: (first[_group(node)], positions[node.id])):
        parent = node.stack if node.stack in outer else None
        ambiguous = tall and any(
            other_node.path == node.path != "" and other_node != node for other_node in graph.nodes
        )
        yield _shape(node, parent, link, tall=tall, ambiguous=ambiguous)


def _small(label: str) -> str:
    return label if label.isupper() else label[:1].lower() + label[1:]


def _group(node: Node) -> str:
    return f"{node.stack}/{node.group}" if node.group else node.id


def _shape(node: Node, parent: str | None, link: Link, *, tall: bool, ambiguous: bool) -> Shape:
    unframed = f"{node.stack} {_small(node.label)}" if ambiguous else node.label
    if node.group and node.path != node.group:
        unframed = f"{spoken(node.group)} {_small(node.label)}"
    large, small = _SIZES[tall]
    title = tuple(wrapped(unframed, large, _TEXT_WIDTH, lines=2, bold=True))
    framed = tuple(wrapped(node.label, large, _TEXT_WIDTH, lines=2, bold=True))
    note = () if node.service == unframed else (node.service,)
    text = [text_width(line, large, bold=True) for line in title + framed]
    text += [text_width(line, small) for line in note]
    height = ICON + 6 + (large + 3) * len(title) + (small + 3) * len(note)
    return Shape(
        id=node.id,
        width=max([ICON, *text]) if tall else ICON,
        height=height if tall else ICON,
        style="outside" if node.kind == "outside" else "node",
        title=title,
        framed_title=framed,
        note=note,
        icon=node.icon,
        parent=parent,
        group=_group(node) if node.group else None,
        spoken=f"{node.path or node.label}: {node.service}",
        beside=node.path,
        href=link(node),
        text_below=not tall,
    )


def _line(graph: Graph, edge: Edge, order: list[str]) -> Line:
    return Line(
        id=f"{edge.source} to {edge.target}",
        source=edge.source,
        target=edge.target,
        style="flow",
        label=(edge.label,) if edge.label else (),
        spoken=_sentence(graph, edge),
        two_way=edge.two_way,
        back=order.index(edge.source) > order.index(edge.target),
    )


def _sentences(graph: Graph) -> Iterator[str]:
    yield from (_sentence(graph, edge) for edge in graph.edges)
    yield from (f"{remark[:1].upper()}{remark[1:]}." for remark in graph.remarks)


def _sentence(graph: Graph, edge: Edge) -> str:
    ends = [graph.node(end) for end in (edge.source, edge.target)]
    source, target = (node.path or node.label for node in ends)
    way = "to and from" if edge.two_way else "to"
    label = f" ({edge.label.lower()})" if edge.label else ""
    return f"{source} {way} {target}{label}."
