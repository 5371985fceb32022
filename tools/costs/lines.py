"""The lines of a bill: what is charged for, how much of it, and what that costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tools.costs.prices import Dates, Price, dates, price


class Charge(NamedTuple):
    """What a rule finds: something charged for, by which row of the sheet, and how much of it."""

    what: str
    key: str
    quantity: float
    # The setting that changes it most, as `-c` takes it; none: it comes with the architecture.
    setting: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of a bill: a charge at the construct that causes it."""

    stack: str
    path: str
    what: str
    price: Price
    quantity: float
    setting: str | None = None

    @property
    def usd(self) -> float:
        """What it costs."""
        return self.quantity * self.price.usd


def line(stack: str, path: str, charge: Charge) -> Line:
    """A charge at its construct. Raises PriceError if the sheet lacks its price."""
    return Line(stack, path, charge.what, price(charge.key), charge.quantity, charge.setting)


def total(lines: Iterable[Line]) -> float:
    """USD of all of them."""
    return sum(each.usd for each in lines)


def dates_of(lines: Iterable[Line]) -> Dates:
    """How old the prices are that a total rests on."""
    return dates(each.price for each in lines)


@dataclass(frozen=True)
class Group:
    """Lines that say the same thing of several constructs, as one row of a table."""

    what: str
    price: Price
    lines: Sequence[Line]

    @property
    def quantity(self) -> float:
        """How much of it in all."""
        return sum(each.quantity for each in self.lines)

    @property
    def usd(self) -> float:
        """What all of it costs."""
        return total(self.lines)


def grouped(lines: Iterable[Line]) -> list[Group]:
    """Lines of the same words and price together, the dearest first."""
    found: dict[tuple[str, str], list[Line]] = {}
    for each in lines:
        found.setdefault((each.what, each.price.key), []).append(each)
    groups = [Group(same[0].what, same[0].price, same) for same in found.values()]
    return sorted(groups, key=lambda group: -group.usd)
