"""Shapes and lines with all their coordinates, as the SVG template takes them."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.site.pictures.drawing import Box, Drawing, Layout, Line, Shape
from tools.site.pictures.words import text_width

_BEND = 6.0
_ICON, _SMALL_ICON = 48.0, 26.0


@dataclass(frozen=True)
class Text:
    """One line of text."""

    style: str
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Figure:
    """One shape with its coordinates."""

    shape: Shape
    focus: Box  # outlined while it has the keyboard's focus
    box: Box
    icon: Box | None
    texts: tuple[Text, ...]

    @property
    def name(self) -> str:
        """The accessible name of a link: its visible text and more."""
        text = " ".join(text.words for text in self.texts)
        return f"{text}, {self.shape.beside}" if self.shape.beside else text


def frame_figure(shape: Shape, box: Box) -> Figure:
    """A frame, its name in the corner."""
    name = Text("name", round(box.x + 10, 1), round(box.y + 17, 1), shape.title[0])
    return Figure(shape, box, box, None, (name,))


def figure(drawing: Drawing, shape: Shape, layout: Layout) -> Figure:
    """A node, a state or a dot."""
    box = layout.shapes[shape.id]
    if shape.style.startswith("state"):
        icon = Box(box.x + 9, round(box.y + (box.height - _SMALL_ICON) / 2, 1), *[_SMALL_ICON] * 2)
        beside = tuple(_texts(drawing, shape, box.x + 42, box.y + 4, "left"))
        return Figure(shape, _around(box), box, icon, beside)
    if shape.icon is None:
        return Figure(shape, box, box, None, ())
    middle = box.x + box.width / 2
    icon = Box(round(middle - _ICON / 2, 1), box.y, _ICON, _ICON)
    texts = tuple(_texts(drawing, shape, middle, box.y + _ICON + 2, "middle"))
    widths = [text_width(line, drawing.title_size, bold=True) for line in shape.title]
    width, height = max([_ICON, *widths]), texts[-1].y - box.y + 3
    focus = _around(Box(round(middle - width / 2, 1), box.y, round(width, 1), round(height, 1)))
    return Figure(shape, focus, box, icon, texts)


def _texts(drawing: Drawing, shape: Shape, x: float, top: float, side: str) -> Iterator[Text]:
    y = top
    for style, size, lines in (
        ("title", drawing.title_size, shape.title),
        ("note", drawing.note_size, shape.note),
    ):
        for words in lines:
            y += size + 3
            yield Text(f"{style} picture-{side}", round(x, 1), round(y - 1, 1), words)


def _around(box: Box) -> Box:
    return Box(round(box.x - 4, 1), round(box.y - 4, 1), box.width + 8, round(box.height + 8, 1))


def label_texts(drawing: Drawing, line: Line, layout: Layout) -> tuple[Text, ...]:
    """The label of a line, row by row."""
    if line.id not in layout.labels:
        return ()
    box, row_height = layout.labels[line.id], drawing.note_size + 2
    return tuple(
        Text(
            f"label picture-{line.style}-label",
            middle(box),
            round(box.y + row_height * row, 1),
            words,
        )
        for row, words in enumerate(line.label, start=1)
    )


def middle(box: Box) -> float:
    """The middle of a box from left to right."""
    return round(box.x + box.width / 2, 1)


def rounded_path(points: tuple[tuple[float, float], ...]) -> str:
    """A polyline with rounded corners."""
    path = f"M{_number(points[0][0])} {_number(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        path += f"L{start}Q{_number(corner[0])} {_number(corner[1])} {end}"
    return f"{path}L{_number(points[-1][0])} {_number(points[-1][1])}"


def _towards(corner: tuple[float, float], end: tuple[float, float]) -> str:
    across, down = end[0] - corner[0], end[1] - corner[1]
    length = max(abs(across), abs(down)) or 1
    step = min(_BEND, length / 2) / length
    return f"{_number(corner[0] + across * step)} {_number(corner[1] + down * step)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
