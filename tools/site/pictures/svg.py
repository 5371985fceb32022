"""A drawing as one SVG without references to other files."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.site.pictures.drawing import Drawing, Layout, Shape
from tools.site.pictures.figures import Figure, figure, frame_figure, label_texts, rounded_path
from tools.site.pictures.frames import Frame, frames_of
from tools.site.pictures.icons import symbol
from tools.site.pictures.layout import FRAMES, laid_out
from tools.site.pictures.words import wrapped

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def svg_of(drawing: Drawing, layout: Layout | None = None) -> str:
    """The SVG of a drawing; the same drawing gives the same bytes."""
    layout = layout or laid_out(drawing)
    groups = list(frames_of(drawing, layout))
    framed = frozenset().union(*(frame.members for frame in groups))
    footer = _footer(drawing, layout.width - 32)
    icons = sorted({shape.icon for shape in drawing.shapes if shape.icon})
    symbols = {icon: f"{drawing.name}-{_identifier(icon)}" for icon in icons}
    return _TEMPLATES.get_template("picture.svg.j2").render(
        drawing=drawing,
        width=layout.width,
        height=layout.height + (drawing.note_size + 5) * len(footer) + 8 * bool(footer),
        footer_top=layout.height + 4,
        footer=footer,
        symbols=[symbol(icon, identifier) for icon, identifier in symbols.items()],
        icons=symbols,
        frames=[*_outer_frames(drawing, layout), *map(_group_frame, groups)],
        figures=[
            figure(drawing, _titled(shape, framed), layout)
            for shape in drawing.shapes
            if shape.style not in FRAMES
        ],
        lines=[
            (line, rounded_path(layout.lines[line.id]), label_texts(drawing, line, layout))
            for line in drawing.lines
        ],
    )


def _footer(drawing: Drawing, limit: float) -> list[str]:
    remarks = "; ".join(drawing.footer)
    return wrapped(remarks[:1].upper() + remarks[1:], drawing.note_size, limit, lines=9)


def _group_frame(frame: Frame) -> Figure:
    return frame_figure(Shape(frame.name, 0, 0, "group", (frame.name,)), frame.box)


def _outer_frames(drawing: Drawing, layout: Layout) -> Iterator[Figure]:
    for shape in drawing.shapes:
        if shape.style in FRAMES:
            yield frame_figure(shape, layout.shapes[shape.id])


def _titled(shape: Shape, framed: frozenset[str]) -> Shape:
    return replace(shape, title=shape.framed_title) if shape.id in framed else shape


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text)
