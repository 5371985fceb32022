"""A picture before its layout: shapes of known size, and lines between them."""

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["RIGHT", "DOWN"]


@dataclass(frozen=True)
class Shape:
    """A box with an icon and text, or a frame around others."""

    id: str
    width: float
    height: float
    style: str  # a class of the style sheet
    title: tuple[str, ...] = ()
    note: tuple[str, ...] = ()
    icon: str | None = None
    parent: str | None = None
    group: str | None = None  # a frame is drawn around a group, unless other shapes are in it
    framed_title: tuple[str, ...] = ()  # the shorter title inside that frame
    spoken: str = ""  # the tooltip
    beside: str = ""  # what screen readers read besides the text
    href: str | None = None
    marks: tuple[tuple[str, str], ...] = ()  # an icon and its tooltip
    # The text is below the box, and lines end at the box.
    text_below: bool = False


@dataclass(frozen=True)
class Line:
    """An arrow from one shape to another."""

    id: str
    source: str
    target: str
    style: str
    label: tuple[str, ...] = ()
    spoken: str = ""
    two_way: bool = False
    back: bool = False  # against the direction of the picture


@dataclass(frozen=True)
class Drawing:
    """One picture."""

    name: str
    title: str
    description: str
    direction: Direction
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    footer: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    buses: bool = False  # lines of the same style that end at a shape run together
    title_size: float = 13
    note_size: float = 11

    @property
    def linked(self) -> bool:
        """Whether some shape is a link: then it is a group of elements, not one image."""
        return any(shape.href for shape in self.shapes)


@dataclass(frozen=True)
class Box:
    """The position and size of a shape or a text."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A drawing's coordinates, by the ids of its shapes and lines."""

    width: float
    height: float
    shapes: dict[str, Box]
    lines: dict[str, tuple[tuple[float, float], ...]]
    labels: dict[str, Box]
