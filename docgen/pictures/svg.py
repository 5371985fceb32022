"""A drawing as one SVG that needs nothing but itself."""

import re
from dataclasses import replace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from docgen.pictures.drawing import Box, Drawing, Line, Placed, Shape
from docgen.pictures.frames import frames_of
from docgen.pictures.icons import symbol
from docgen.pictures.layout import LABEL_LINE, laid_out
from docgen.pictures.words import text_width, wrapped

_TEMPLATES = Environment(
    loader=FileSystemLoader(__file__.rpartition("/")[0]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_BEND = 6.0
_FOOTER_SIZE = 11.0
_FOOTER_LINE = 16
_ICON = 48


def svg_of(drawing: Drawing) -> str:
    """The picture; the same drawing gives the same bytes."""
    placed = laid_out(drawing)
    icons = sorted({shape.icon for shape in drawing.shapes if shape.icon})
    symbols = {icon: f"{drawing.name}-{_identifier(icon)}" for icon in icons}
    groups = list(frames_of(drawing, placed))
    framed = frozenset().union(*(frame.members for frame in groups))
    footer = wrapped_footer(drawing.footer, placed.width - 24)
    return _TEMPLATES.get_template("picture.svg.j2").render(
        drawing=drawing,
        width=placed.width,
        height=placed.height + (_FOOTER_LINE * len(footer) + 8 if footer else 0),
        symbols=[symbol(icon, identifier) for icon, identifier in symbols.items()],
        frames=[*_stacks(drawing, placed), *(("group", each.name, each.box) for each in groups)],
        nodes=[
            _node(_titled(each, framed), placed, symbols)
            for each in drawing.shapes
            if each.style != "stack"
        ],
        lines=[_line(each, placed) for each in drawing.lines],
        footer=[(placed.height + 8 + _FOOTER_LINE * row, text) for row, text in enumerate(footer)],
    )


def wrapped_footer(remarks: tuple[str, ...], limit: float) -> list[str]:
    """The remarks as a sentence, in as many lines as it takes."""
    text = "; ".join(remarks)
    return wrapped(text[:1].upper() + text[1:], _FOOTER_SIZE, limit, lines=9) if text else []


def _stacks(drawing: Drawing, placed: Placed) -> list[tuple[str, str, Box]]:
    return [
        ("stack", shape.title[0], placed.shapes[shape.id])
        for shape in drawing.shapes
        if shape.style == "stack"
    ]


def _titled(shape: Shape, framed: frozenset[str]) -> Shape:
    return replace(shape, title=shape.framed_title) if shape.id in framed else shape


def _node(shape: Shape, placed: Placed, symbols: dict[str, str]) -> dict[str, Any]:
    box = placed.shapes[shape.id]
    middle = box.x + box.width / 2
    top = box.y + _ICON + 17
    texts = [("title", top + 16 * row, line) for row, line in enumerate(shape.title)]
    below = top + 16 * len(shape.title) - 1.5
    texts += [("note", below + 14 * row, line) for row, line in enumerate(shape.note)]
    wide = max([_ICON, *(text_width(line, 13, bold=True) for line in shape.title)])
    return {
        "shape": shape,
        "icon": symbols.get(shape.icon or ""),
        "x": _rounded(middle - _ICON / 2),
        "y": box.y,
        "middle": _rounded(middle),
        "texts": [(style, _rounded(y), line) for style, y, line in texts],
        "focus": (_rounded(middle - wide / 2 - 5), _rounded(box.y - 5), _rounded(wide + 10)),
        "high": _rounded(below + 14 * len(shape.note) - box.y),
    }


def _line(line: Line, placed: Placed) -> dict[str, Any]:
    box = placed.labels.get(line.id)
    texts = []
    if box:
        texts = [
            (_rounded(box.x + box.width / 2), _rounded(box.y + 11 + LABEL_LINE * row), text)
            for row, text in enumerate(line.label)
        ]
    return {"line": line, "path": rounded_path(placed.lines[line.id]), "texts": texts}


def rounded_path(points: tuple[tuple[float, float], ...]) -> str:
    """A polyline with soft corners."""
    path = f"M{_rounded(points[0][0])} {_rounded(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        one, other = _towards(corner, before), _towards(corner, after)
        path += f"L{one}Q{_rounded(corner[0])} {_rounded(corner[1])} {other}"
    return f"{path}L{_rounded(points[-1][0])} {_rounded(points[-1][1])}"


def _towards(corner: tuple[float, float], end: tuple[float, float]) -> str:
    across, down = end[0] - corner[0], end[1] - corner[1]
    length = max(abs(across), abs(down)) or 1
    step = min(_BEND, length / 2) / length
    return f"{_rounded(corner[0] + across * step)} {_rounded(corner[1] + down * step)}"


def _rounded(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text)
