"""The statements of the study notes, and where each is covered: `docs/coverage.toml`."""

from collections import Counter
from functools import cache
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from stacks.shared.setting_types import STRICT
from tools.markdown import table
from tools.site import facts
from tools.site.links import code_page
from tools.site.targets import id_line

FILE = "coverage.toml"
Status = Literal["encoded", "replaced", "explained", "planned"]
Planned = Literal[
    "anomaly-detection",
    "media-analysis",
    "spark-analytics",
    "audit",
    "warehouse",
    "change-capture",
    "labelling",
    "chatbot",
    "recommender",
    "forecasting",
]
GROUPS = {
    "ST": "Storage",
    "IN": "Ingestion",
    "ET": "Catalogue, ETL and query",
    "TR": "Prepare, train and tune",
    "DP": "Deploy, serve and monitor",
    "AI": "AI services",
    "SE": "Security and operation",
    "EX": "The exam",
}
_MEANING: dict[Status, str] = {
    "encoded": "implemented; the link leads to the line of code",
    "replaced": "no longer true; the link leads to what replaces it",
    "explained": "nothing to implement; the link leads to the explanation",
    "planned": "not implemented yet; the architecture that will do it",
}
_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Row:
    """One statement of the notes; `docs/coverage.toml` describes the fields."""

    id: Annotated[str, Field(pattern=r"^(ST|IN|ET|TR|DP|AI|SE|EX)-\d\da?$")]
    note: _Text
    status: Status
    where: _Text
    symbol: _Text | None = None
    today: _Text | None = None
    otherwise: _Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        is_planned = self.where in get_args(Planned)
        if (self.status == "planned") != is_planned:
            raise ValueError(
                f"where={self.where!r} does not go with status={self.status!r}: planned rows, and"
                f" no others, name one of {', '.join(get_args(Planned))}"
            )
        if self.status == "encoded" and self.page:
            raise ValueError(f"where={self.where!r} is a page: an encoded row names a source file")
        if self.status == "explained" and not self.page:
            raise ValueError(
                f"where={self.where!r} has no heading: say <page>.md#<heading's anchor>"
            )
        if self.status == "replaced" and not self.today:
            raise ValueError("today is missing: say what is true instead")
        if self.symbol and not self.source:
            raise ValueError(f"symbol={self.symbol!r}: only a source file has symbols")
        return self

    @property
    def page(self) -> str | None:
        """The page and heading that the row refers to, if it is a page."""
        return self.where if ".md#" in self.where else None

    @property
    def source(self) -> str | None:
        """The source file that the row refers to, if it is one."""
        return None if self.page or self.status == "planned" else self.where


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the notes' checklist. Raises FactsError."""
    return facts.read(FILE, Row)


def row(note_id: str) -> Row:
    """The row `note_id`. Raises KeyError if there is none."""
    return {row.id: row for row in rows()}[note_id]


def counts() -> dict[Status, int]:
    """How many rows have each status."""
    number = Counter(row.status for row in rows())
    return {status: number[status] for status in get_args(Status)}


def line(row: Row) -> int:
    """The line of the row's source file that the site links to. Raises TargetError."""
    return id_line(row.where, row.id, row.symbol)


def page() -> str:
    """The coverage page in Markdown, for the root of the site. Raises FactsError, TargetError."""
    parts = [
        "# What the notes say",
        f"The stacks encode five sets of study notes. This page lists all {len(rows())} statements"
        " of them that could become code, paraphrased: where each is implemented or explained, and"
        " what is true today where the notes are outdated.",
        table(
            ["status", "rows", "meaning"],
            [(status, number, _MEANING[status]) for status, number in counts().items()],
        ),
    ]
    for prefix, title in GROUPS.items():
        cells = [_cells(row) for row in rows() if row.id.startswith(f"{prefix}-")]
        parts += [f"## {title}", table(["row", "the notes", "status", "today", "where"], cells)]
    return "\n\n".join(parts) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    anchor = f'<a id="{row.id}"></a>{row.id}'
    return (anchor, row.note, row.status, row.today or "", _link(row))


def _link(row: Row) -> str:
    if row.source:
        return f"[`{row.source}`]({code_page(row.source, line(row))})"
    if row.page:
        title = row.page.partition("#")[2].replace("-", " ")
        return f"[{title}]({row.page})"
    return row.where.replace("-", " ")
