"""Frames around the shapes of a group, where the layout has put them side by side."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tools.site.pictures.drawing import Box, Drawing, Layout, Shape
from tools.site.pictures.layout import FRAMES, text_block_height, text_block_width

_AROUND = 8.0
_HEADER = 20.0
# A frame around shapes farther apart would be mostly empty.
_NEAR = 110.0


@dataclass(frozen=True)
class Frame:
    """A named frame and its members."""

    name: str
    box: Box
    members: frozenset[str]


def frames_of(drawing: Drawing, layout: Layout) -> Iterator[Frame]:
    """Frames around neighbours of one group; distant members get none."""
    outlines = {
        shape.id: outline(shape, layout) for shape in drawing.shapes if shape.style not in FRAMES
    }
    groups: dict[str, list[frozenset[str]]] = defaultdict(list)
    for shape in drawing.shapes:
        if shape.group:
            groups[shape.group].append(frozenset({shape.id}))
    frames: list[Box] = []
    for group, clusters in groups.items():
        for members in _joined(clusters, outlines, frames):
            box = _around(outlines[member] for member in members)
            frames.append(box)
            yield Frame(group.rpartition("/")[2], box, members)


def _joined(
    clusters: list[frozenset[str]], outlines: dict[str, Box], frames: list[Box]
) -> list[frozenset[str]]:
    """The clusters, neighbours joined as long as a frame around them holds nothing else."""
    for first, second in combinations(clusters, 2):
        union = first | second
        first_box, second_box, box = (
            _around(outlines[member] for member in cluster) for cluster in (first, second, union)
        )
        obstacles = [outline for name, outline in outlines.items() if name not in union] + frames
        near = _gap(first_box, second_box) <= _NEAR
        if near and not any(overlap(box, obstacle) for obstacle in obstacles):
            remaining = [cluster for cluster in clusters if cluster not in (first, second)]
            return _joined([union, *remaining], outlines, frames)
    return [cluster for cluster in clusters if len(cluster) > 1]


def _gap(first: Box, second: Box) -> float:
    across = max(first.x, second.x) - min(first.x + first.width, second.x + second.width)
    down = max(first.y, second.y) - min(first.y + first.height, second.y + second.height)
    return max(across, down)


def outline(shape: Shape, layout: Layout) -> Box:
    """The space that a shape takes with its text."""
    box = layout.shapes[shape.id]
    if not shape.text_below:
        return box
    width = max(box.width, text_block_width(shape))
    x = box.x + (box.width - width) / 2
    return Box(x, box.y, width, box.height + text_block_height(shape))


def overlap(first: Box, second: Box) -> bool:
    """Whether two boxes overlap."""
    return (
        first.x < second.x + second.width
        and second.x < first.x + first.width
        and first.y < second.y + second.height
        and second.y < first.y + first.height
    )


def _around(boxes: Iterable[Box]) -> Box:
    boxes = list(boxes)
    min_x = min(box.x for box in boxes) - _AROUND
    min_y = min(box.y for box in boxes) - _AROUND - _HEADER
    max_x = max(box.x + box.width for box in boxes) + _AROUND
    max_y = max(box.y + box.height for box in boxes) + _AROUND
    return Box(round(min_x, 1), round(min_y, 1), round(max_x - min_x, 1), round(max_y - min_y, 1))
