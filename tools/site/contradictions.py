"""Where the notes contradict each other or are wrong: `docs/contradictions.toml` and its page."""

from functools import cache
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from stacks.shared.setting_types import STRICT
from tools.markdown import table
from tools.site import facts
from tools.site.links import code_page
from tools.site.targets import NOTE_ID, symbol_line

_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Contradiction:
    """One of them; `docs/contradictions.toml` describes the fields."""

    id: Annotated[str, Field(pattern=r"^C-\d{1,2}$")]
    notes: _Text
    right: _Text
    ids: Annotated[
        tuple[Annotated[str, Field(pattern=f"^{NOTE_ID.pattern}$")], ...], Field(min_length=1)
    ]
    where: _Text
    symbol: _Text | None = None

    @property
    def is_page(self) -> bool:
        """Whether a page explains it, not the code."""
        return ".md#" in self.where


@cache
def rows() -> tuple[Contradiction, ...]:
    """All of them, by number. Raises FactsError."""
    return facts.read("contradictions.toml", Contradiction)


def link(row: Contradiction) -> str:
    """The line or heading that has it right. Raises TargetError."""
    if row.is_page:
        return row.where
    return code_page(row.where, symbol_line(row.where, row.symbol) if row.symbol else None)


def page() -> str:
    """The page in Markdown, for the root of the site. Raises FactsError, TargetError."""
    cells = [
        (
            f'<a id="{row.id}"></a>{row.id}',
            row.notes,
            row.right,
            ", ".join(f"[{note_id}](coverage.md#{note_id})" for note_id in row.ids),
            f"[{_title(row)}]({link(row)})",
        )
        for row in rows()
    ]
    return (
        "# Errors in the notes\n\n"
        f"The notes have several authors and are several years old. In {len(cells)} places they"
        " contradict each other or are wrong; the code does what is right.\n\n"
        + table(["number", "the notes", "correct", "rows", "where"], cells)
        + "\n"
    )


def _title(row: Contradiction) -> str:
    return row.where.partition("#")[2].replace("-", " ") if row.is_page else row.where
