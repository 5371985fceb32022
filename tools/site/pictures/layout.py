"""Where everything stands: ELK's layered layout, run by Node."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.site.pictures.drawing import Box, Drawing, Line, Placed, Shape
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
# Around what a frame holds; frames of groups may stand in that of a stack.
FRAMES = {
    "stack": "[top=58,left=16,bottom=16,right=16]",
    "map": "[top=34,left=14,bottom=12,right=14]",
}


class LayoutError(RuntimeError):
    """Node or ELK could not lay a picture out. The message says what they said."""


def laid_out(drawing: Drawing) -> Placed:
    """The coordinates of a drawing, rounded, so that the same drawing gives the same bytes."""
    node = os.environ.get("JSII_NODE", f"{sys.prefix}/bin/node")
    done = subprocess.run(
        [node, str(_SCRIPT)],
        input=json.dumps(_graph(drawing)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LayoutError(
            f"{drawing.name} could not be laid out: {done.stderr.strip()}. Is `make setup` done?"
        )
    return _placed(json.loads(done.stdout), {line.id for line in drawing.lines if line.back})


def _graph(drawing: Drawing) -> dict[str, Any]:
    return {
        "id": "picture",
        "layoutOptions": {**_OPTIONS, "elk.direction": drawing.direction, **drawing.options},
        "children": _children(drawing, None),
        "edges": [_edge(drawing, line) for line in drawing.lines],
    }


def _children(drawing: Drawing, parent: str | None) -> list[dict[str, Any]]:
    made = []
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
        made.append(child)
    return made


def _ports(drawing: Drawing, shape: Shape) -> list[dict[str, Any]]:
    """A port for each kind of line: lines of a kind then run together, and no others."""
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
    # At least as wide as its own name.
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
    """How wide the lines of a shape are."""
    widths = [text_width(line, 13, bold=True) for line in shape.title]
    return max([*widths, *(text_width(line, 11) for line in shape.note)])


def text_block_height(shape: Shape) -> float:
    """How high the lines of a shape are."""
    return 6 + 16 * len(shape.title) + 14 * len(shape.note)


def _edge(drawing: Drawing, line: Line) -> dict[str, Any]:
    # ELK would choose by itself which edge of a circle to turn round, and choose another one.
    ends = [line.source, line.target]
    if drawing.buses:
        ends = [_port(line, "source"), _port(line, "target")]
    if line.back:
        ends.reverse()
    edge: dict[str, Any] = {"id": line.id, "sources": ends[:1], "targets": ends[1:]}
    if line.label:
        wide = max(text_width(text, drawing.note_size) for text in line.label) + 6
        high = (drawing.note_size + 2) * len(line.label) + 4
        edge["labels"] = [{"text": line.id, "width": wide, "height": high}]
    return edge


def _placed(graph: dict[str, Any], turned: set[str]) -> Placed:
    nodes = list(_walk(graph))
    lines: dict[str, tuple[tuple[float, float], ...]] = {}
    labels: dict[str, Box] = {}
    for edge in (edge for node in [graph, *nodes] for edge in node.get("edges", [])):
        (section,) = edge["sections"]
        points = [section["startPoint"], *section.get("bendPoints", []), section["endPoint"]]
        if edge["id"] in turned:
            points.reverse()
        lines[edge["id"]] = tuple((round(each["x"], 1), round(each["y"], 1)) for each in points)
        for label in edge.get("labels", []):
            labels[edge["id"]] = _box(label)
    shapes = {node["id"]: _box(node) for node in nodes}
    return Placed(round(graph["width"]), round(graph["height"]), shapes, lines, labels)


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node.get("children", []):
        yield child
        yield from _walk(child)


def _box(placed: dict[str, Any]) -> Box:
    return Box(*(round(placed[key], 1) for key in ("x", "y", "width", "height")))
