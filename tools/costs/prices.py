"""The price sheet, `prices.csv`: list prices of us-east-1 in USD, free tiers left out.

Each row says where its price was read, when it held, and how sure that is. A date is that of the
source, so an old one means that the price had not changed since.
"""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

SHEET = Path(__file__).with_name("prices.csv")
REGION = "us-east-1"


class PriceError(ValueError):
    """Something without a price, or a wrong row of the sheet. The message is for the user."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row of the sheet: so many USD for one `unit`."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    unit: Annotated[str, Field(min_length=1)]
    usd: Annotated[float, Field(ge=0)]
    source: Annotated[str, Field(min_length=1)]
    # To the month where the source says no more; sorts as text.
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]
    # Read at AWS; read elsewhere; computed from a price that was read.
    confidence: Literal["primary", "secondary", "derived"]


class Dates(NamedTuple):
    """The oldest and the newest date of some prices: what stands beside every total."""

    oldest: str
    newest: str

    def __str__(self) -> str:
        return self.oldest if self.oldest == self.newest else f"{self.oldest} to {self.newest}"


@cache
def sheet(path: Path = SHEET) -> Mapping[str, Price]:
    """Key -> price. Raises PriceError for a row that is wrong."""
    found: dict[str, Price] = {}
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                price = TypeAdapter(Price).validate_python(row)
            except ValidationError as error:
                first = error.errors()[0]
                column = ".".join(map(str, first["loc"]))
                raise PriceError(f"{path.name}, line {number}: {column}: {first['msg']}.") from None
            if price.key in found:
                raise PriceError(f"{path.name}, line {number}: {price.key} stands there twice.")
            found[price.key] = price
    return found


def price(key: str) -> Price:
    """The price of one unit. Raises PriceError if the sheet does not have it."""
    if key not in sheet():
        raise PriceError(
            f"tools/costs/prices.csv has no row {key}: add it, with its unit, USD in {REGION},"
            " source, date and confidence."
        )
    return sheet()[key]


def dates(prices: Iterable[Price]) -> Dates:
    """The span of the dates of these prices; of the whole sheet if there are none."""
    days = sorted(each.date for each in prices) or sorted(each.date for each in sheet().values())
    return Dates(days[0], days[-1])
