"""Pictures of the architectures and of their workflows, made from templates and ASL."""

from collections.abc import Callable
from pathlib import Path

from tools.assembly import Templates
from tools.site.pictures import architecture as architectures
from tools.site.pictures import state_machine
from tools.site.pictures.asl import State
from tools.site.pictures.graph import graph_of
from tools.site.pictures.layout import laid_out
from tools.site.pictures.model import Edge, Node
from tools.site.pictures.svg import svg_of

__all__ = [
    "Edge",
    "Node",
    "State",
    "architecture_svg",
    "edges",
    "nodes",
    "nowhere",
    "state_machine_svg",
]

# Pixels that a phone has for a picture.
_PHONE = 360


def nowhere(_: object) -> None:
    """Link nothing."""


def architecture_svg(
    architecture: str,
    templates: Templates,
    *,
    tall: bool,
    link: Callable[[Node], str | None] = nowhere,
) -> str:
    """The picture of an architecture; `link` says where a node leads, if anywhere.

    Raises ValueError if there is no such architecture, or a template of it is missing.
    """
    drawing = architectures.drawing_of(
        architecture, graph_of(architecture, templates), link, tall=tall
    )
    if not tall:
        return svg_of(drawing)
    tried = [(each, laid_out(each)) for each in architectures.tries(drawing)]
    return svg_of(*min(tried, key=lambda each: max(each[1].width, _PHONE)))


def nodes(architecture: str, templates: Templates) -> list[Node]:
    """What the picture of an architecture shows."""
    return list(graph_of(architecture, templates).nodes)


def edges(architecture: str, templates: Templates) -> list[Edge]:
    """What flows between its nodes, by their ids."""
    return list(graph_of(architecture, templates).edges)


def state_machine_svg(path: Path, *, link: Callable[[State], str | None] = nowhere) -> str:
    """The drawing of an ASL file; `link` says where a state leads, if anywhere."""
    return svg_of(state_machine.drawing_of(path, link))
