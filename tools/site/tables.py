"""Pipe tables, as MkDocs reads them."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table of `head` and `rows`; what would end a cell is escaped."""
    lines = [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def code(value: object) -> str:
    """`value` in a cell, as code."""
    return f"`{value}`"


def _line(cells: Sequence[object]) -> str:
    return (
        "| "
        + " | ".join(str(cell).replace("|", "&#124;").replace("\n", " ") for cell in cells)
        + " |"
    )
