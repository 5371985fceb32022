"""Pictures of the architectures and of their workflows, made from templates and ASL files."""

from collections.abc import Callable
from pathlib import Path

from tools.assembly.asl import State
from tools.site.pictures import architecture as architectures
from tools.site.pictures import state_machine
from tools.site.pictures.graph import graph_of
from tools.site.pictures.layout import laid_out
from tools.site.pictures.model import Edge, Graph, Node
from tools.site.pictures.svg import svg_of

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "State",
    "architecture_svg",
    "graph_of",
    "no_link",
    "state_machine_svg",
]

# Pixels that a phone has for a picture.
_PHONE = 360


def no_link(_: object) -> None:
    """Link no node."""


def architecture_svg(
    graph: Graph, *, tall: bool, link: Callable[[Node], str | None] = no_link
) -> str:
    """The picture of an architecture; `link` returns the address that a node leads to, if any."""
    drawing = architectures.drawing_of(graph, link, tall=tall)
    if not tall:
        return svg_of(drawing)
    layouts = [(variant, laid_out(variant)) for variant in architectures.tall_variants(drawing)]
    return svg_of(*min(layouts, key=lambda layout: max(layout[1].width, _PHONE)))


def state_machine_svg(path: Path, *, link: Callable[[State], str | None] = no_link) -> str:
    """The drawing of an ASL file; `link` returns the address that a state leads to, if any."""
    return svg_of(state_machine.drawing_of(path, link))
