"""The lines of a bill: what is charged for, how much of it, and what that costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tools.assembly import Resource
from tools.costs.prices import Dates, Price, dates, price


class Charge(NamedTuple):
    """Something that AWS charges for: its row of the price sheet, and the quantity."""

    item: str
    key: str
    quantity: float


@dataclass(frozen=True)
class Line:
    """One line of a bill: a charge at the construct that causes it."""

    stack: str
    path: str
    item: str
    price: Price
    quantity: float

    @property
    def usd(self) -> float:
        """What it costs."""
        return self.quantity * self.price.usd


def line(resource: Resource, charge: Charge) -> Line:
    """A charge at its construct. Raises PriceError if the price sheet lacks its row."""
    return Line(resource.stack, resource.path, charge.item, price(charge.key), charge.quantity)


def total(lines: Iterable[Line]) -> float:
    """USD of all of them."""
    return sum(line.usd for line in lines)


def dates_of(lines: Iterable[Line]) -> Dates:
    """The age of the prices that a total rests on."""
    return dates(line.price for line in lines)


@dataclass(frozen=True)
class Group:
    """Lines with the same text and price at several constructs: one row of a table."""

    item: str
    price: Price
    lines: Sequence[Line]

    @property
    def quantity(self) -> float:
        """The quantity of all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def usd(self) -> float:
        """What all lines cost."""
        return total(self.lines)


def grouped(lines: Iterable[Line]) -> list[Group]:
    """Lines of the same text and price together, the most expensive first."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.item, line.price.key), []).append(line)
    rows = [Group(lines[0].item, lines[0].price, lines) for lines in groups.values()]
    return sorted(rows, key=lambda group: -group.usd)
