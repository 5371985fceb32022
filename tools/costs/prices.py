"""The price sheet, `prices.csv`: list prices of us-east-1 in USD, free tiers left out.

Each row names the source of its price, the source's date, and how reliable it is. An old date means
that the price has not changed since.
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
    """A missing price, or an invalid row of the sheet. The message is for the user."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row of the sheet: the USD that one `unit` costs."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    unit: Annotated[str, Field(min_length=1)]
    usd: Annotated[float, Field(ge=0)]
    source: Annotated[str, Field(min_length=1)]
    # Year and month where the source gives no day; sorts as text.
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]
    # From AWS; from elsewhere; computed from a price of AWS.
    confidence: Literal["primary", "secondary", "derived"]


class Dates(NamedTuple):
    """The oldest and the newest date of some prices; printed beside every total."""

    oldest: str
    newest: str

    def __str__(self) -> str:
        return self.oldest if self.oldest == self.newest else f"{self.oldest} to {self.newest}"


@cache
def sheet(path: Path = SHEET) -> Mapping[str, Price]:
    """Key -> price. Raises PriceError for an invalid row."""
    rows: dict[str, Price] = {}
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                price = TypeAdapter(Price).validate_python(row)
            except ValidationError as error:
                first = error.errors()[0]
                column = ".".join(map(str, first["loc"]))
                raise PriceError(f"{path.name}, line {number}: {column}: {first['msg']}.") from None
            if price.key in rows:
                raise PriceError(f"{path.name}, line {number}: a second row {price.key}.")
            rows[price.key] = price
    return rows


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
    days = sorted(row.date for row in list(prices) or sheet().values())
    return Dates(days[0], days[-1])
