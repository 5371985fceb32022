"""Frames around the shapes of a group, where these have come to stand side by side."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tools.site.pictures.drawing import Box, Drawing, Placed, Shape
from tools.site.pictures.layout import FRAMES, text_block_height, text_block_width

_AROUND = 8.0
_HEADER = 20.0
# Farther apart than this they would only frame emptiness.
_NEAR = 110.0


@dataclass(frozen=True)
class Frame:
    """A named frame, and whom it holds."""

    name: str
    box: Box
    members: frozenset[str]


def frames_of(drawing: Drawing, placed: Placed) -> Iterator[Frame]:
    """Frames around neighbours of one group; those that stand apart get none."""
    outlines = {
        shape.id: outline(shape, placed) for shape in drawing.shapes if shape.style not in FRAMES
    }
    groups: dict[str, list[frozenset[str]]] = defaultdict(list)
    for shape in drawing.shapes:
        if shape.group:
            groups[shape.group].append(frozenset({shape.id}))
    taken: list[Box] = []
    for group, clusters in groups.items():
        for members in _joined(clusters, outlines, taken):
            box = _around(outlines[each] for each in members)
            taken.append(box)
            yield Frame(group.rpartition("/")[2], box, members)


def _joined(
    clusters: list[frozenset[str]], outlines: dict[str, Box], taken: list[Box]
) -> list[frozenset[str]]:
    """The clusters, neighbours joined as long as a frame around them holds nothing else."""
    for one, other in combinations(clusters, 2):
        both = one | other
        box = _around(outlines[each] for each in both)
        others = [found for name, found in outlines.items() if name not in both]
        near = _apart(_around(outlines[each] for each in one), _around(outlines[e] for e in other))
        if near <= _NEAR and not any(overlap(box, each) for each in others + taken):
            rest = [each for each in clusters if each not in (one, other)]
            return _joined([both, *rest], outlines, taken)
    return [each for each in clusters if len(each) > 1]


def _apart(one: Box, other: Box) -> float:
    across = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
    down = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
    return max(across, down)


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
