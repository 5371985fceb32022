"""Frames around the shapes of a group, where these have come to stand side by side."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docgen.pictures.drawing import Box, Drawing, Placed, Shape
from docgen.pictures.layout import text_block_height, text_block_width

_AROUND = 8.0
_HEADER = 22.0


@dataclass(frozen=True)
class Frame:
    """A named frame, and whom it holds."""

    name: str
    box: Box
    members: frozenset[str]


def frames_of(drawing: Drawing, placed: Placed) -> Iterator[Frame]:
    """Every frame that holds all of its group and nothing else."""
    groups: dict[str, list[Shape]] = defaultdict(list)
    for shape in drawing.shapes:
        if shape.group:
            groups[shape.group].append(shape)
    taken = [label for label in placed.labels.values()]
    for group, members in groups.items():
        if len(members) < 2:
            continue
        inside = frozenset(shape.id for shape in members)
        box = _around(outline(shape, placed) for shape in members)
        others = [
            outline(shape, placed)
            for shape in drawing.shapes
            if shape.id not in inside and shape.style != "stack"
        ]
        if not any(overlap(box, other) for other in others + taken):
            taken.append(box)
            yield Frame(group.rpartition("/")[2], box, inside)


def outline(shape: Shape, placed: Placed) -> Box:
    """The room that a shape takes with its text."""
    box = placed.shapes[shape.id]
    if not shape.text_below:
        return box
    wide = max(box.width, text_block_width(shape))
    x = box.x + (box.width - wide) / 2
    return Box(x, box.y, wide, box.height + text_block_height(shape))


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share any room."""
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _around(boxes: Iterable[Box]) -> Box:
    found = list(boxes)
    left = min(box.x for box in found) - _AROUND
    top = min(box.y for box in found) - _AROUND - _HEADER
    right = max(box.x + box.width for box in found) + _AROUND
    bottom = max(box.y + box.height for box in found) + _AROUND
    return Box(round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
