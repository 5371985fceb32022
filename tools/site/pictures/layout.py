"""The coordinates of a drawing: ELK's layered layout, run by Node."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tools.site.pictures.drawing import Box, Drawing, Layout, Line, Shape
from tools.site.pictures.words import text_width

_SCRIPT = Path(__file__).with_name("layout.mjs")
_OPTIONS = {
    "elk.algorithm": "layered",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.padding": "[top=36,left=16,bottom=12,right=16]",
    "elk.randomSeed": "1",
    "elk.layered.thoroughness": "60",
}
# Padding of frames. Frames of groups may be inside the frame of a stack.
FRAMES = {
    "stack": "[top=58,left=16,bottom=16,right=16]",
    "map": "[top=34,left=14,bottom=12,right=14]",
}


class LayoutError(RuntimeError):
    """Node or ELK could not lay out a drawing. The message holds their output."""


def laid_out(drawing: Drawing) -> Layout:
    """The coordinates of a drawing, rounded, so that the same drawing gives the same bytes.

    Raises LayoutError.
    """
    graph = json.loads(_answer(json.dumps(_graph(drawing))))
    if "error" in graph:
        raise LayoutError(f"{drawing.name} could not be laid out: {graph['error']}")
    return _layout_of(graph, {line.id for line in drawing.lines if line.back})


@cache
def _answer(request: str) -> str:
    """What Node answers; the README's pictures and the site's differ in links alone."""
    process = _node()
    if process.stdin is None or process.stdout is None:
        raise LayoutError("Node has no standard input or output.")
    process.stdin.write(f"{request}\n")
    process.stdin.flush()
    if answer := process.stdout.readline():
        return answer
    raise LayoutError("Node has ended. Set the environment up anew: make clean, then make docs")


@cache
def _node() -> subprocess.Popen[str]:
    """The process that computes layouts; it ends with its input, when this process ends."""
    node = os.environ.get("JSII_NODE", f"{sys.prefix}/bin/node")
    return subprocess.Popen(
        [node, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _graph(drawing: Drawing) -> dict[str, Any]:
    return {
        "id": "picture",
        "layoutOptions": {**_OPTIONS, "elk.direction": drawing.direction, **drawing.options},
        "children": _children(drawing, None),
        "edges": [_edge(drawing, line) for line in drawing.lines],
    }


def _children(drawing: Drawing, parent: str | None) -> list[dict[str, Any]]:
    children = []
    for shape in drawing.shapes:
        if shape.parent != parent:
            continue
        child: dict[str, Any] = {"id": shape.id, "width": shape.width, "height": shape.height}
        child |= _text_below(shape)
        options = child.setdefault("layoutOptions", {})
        if shape.style in FRAMES:
            child["children"] = _children(drawing, shape.id)
            options |= _frame(shape)
        if drawing.buses:
            child["ports"] = _ports(drawing, shape)
            options["elk.portConstraints"] = "FIXED_SIDE"
        children.append(child)
    return children


def _ports(drawing: Drawing, shape: Shape) -> list[dict[str, Any]]:
    """A port for each style of line, so that lines of the same style run together."""
    sides: dict[str, str] = {}
    for line in drawing.lines:
        if shape.id == line.source:
            sides[_port(line, "source")] = "NORTH" if line.back else "SOUTH"
        if shape.id == line.target:
            sides[_port(line, "target")] = "SOUTH" if line.back else "NORTH"
    return [
        {"id": name, "layoutOptions": {"elk.port.side": side}}
        for name, side in sorted(sides.items())
    ]


def _port(line: Line, end: str) -> str:
    name = line.source if end == "source" else line.target
    return f"{name}|{end}|{line.style}{'|back' if line.back else ''}"


def _frame(shape: Shape) -> dict[str, str]:
    # At least as wide as its name.
    return {
        "elk.padding": FRAMES[shape.style],
        "elk.nodeSize.constraints": "MINIMUM_SIZE",
        "elk.nodeSize.minimum": f"({shape.width},60)",
    }


def _text_below(shape: Shape) -> dict[str, Any]:
    if not shape.text_below:
        return {}
    text = {"text": shape.id, "width": text_block_width(shape), "height": text_block_height(shape)}
    return {
        "labels": [text],
        "layoutOptions": {"elk.nodeLabels.placement": "OUTSIDE V_BOTTOM H_CENTER"},
    }


def text_block_width(shape: Shape) -> float:
    """The width of the text below a shape."""
    widths = [text_width(line, 13, bold=True) for line in shape.title]
    return max([*widths, *(text_width(line, 11) for line in shape.note)])


def text_block_height(shape: Shape) -> float:
    """The height of the text below a shape."""
    return 6 + 16 * len(shape.title) + 14 * len(shape.note)


def _edge(drawing: Drawing, line: Line) -> dict[str, Any]:
    # Otherwise ELK chooses which edge of a cycle to reverse, and not the same one.
    ends = [line.source, line.target]
    if drawing.buses:
        ends = [_port(line, "source"), _port(line, "target")]
    if line.back:
        ends.reverse()
    edge: dict[str, Any] = {"id": line.id, "sources": ends[:1], "targets": ends[1:]}
    if line.label:
        width = max(text_width(text, drawing.note_size) for text in line.label) + 6
        height = (drawing.note_size + 2) * len(line.label) + 4
        edge["labels"] = [{"text": line.id, "width": width, "height": height}]
    return edge


def _layout_of(graph: dict[str, Any], reversed_lines: set[str]) -> Layout:
    nodes = list(_walk(graph))
    lines: dict[str, tuple[tuple[float, float], ...]] = {}
    labels: dict[str, Box] = {}
    for edge in (edge for node in [graph, *nodes] for edge in node.get("edges", [])):
        (section,) = edge["sections"]
        points = [section["startPoint"], *section.get("bendPoints", []), section["endPoint"]]
        if edge["id"] in reversed_lines:
            points.reverse()
        lines[edge["id"]] = tuple((round(point["x"], 1), round(point["y"], 1)) for point in points)
        for label in edge.get("labels", []):
            labels[edge["id"]] = _box(label)
    shapes = {node["id"]: _box(node) for node in nodes}
    return Layout(round(graph["width"]), round(graph["height"]), shapes, lines, labels)


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node.get("children", []):
        yield child
        yield from _walk(child)


def _box(node: dict[str, Any]) -> Box:
    return Box(*(round(node[key], 1) for key in ("x", "y", "width", "height")))
