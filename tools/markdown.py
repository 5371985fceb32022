"""Markdown tables, as MkDocs and GitHub read them."""

import re
from collections.abc import Iterable, Sequence

_CODE_SPAN = re.compile(r"`([^`]*)`")
_BAR_IN_HTML = "&#124;"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: bool = False) -> str:
    """A table of `heads` and `rows`, without a line break at its end.

    `numbers`: every column but the first is aligned to the right.
    """
    rule = ["---", *["---:" if numbers else "---"] * (len(heads) - 1)]
    lines = [
        [cell(head) for head in heads],
        rule,
        *([cell(value) for value in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: object) -> str:
    """`value` on one line, with nothing in it that would end the cell."""
    text = " ".join(str(value).splitlines())
    # GitHub takes a bar in a code span for the end of the cell, MkDocs takes a backslash for text.
    text = _CODE_SPAN.sub(lambda span: code(span[1]) if "|" in span[1] else span[0], text)
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def code(value: object) -> str:
    """`value` as code."""
    text = str(value)
    if "|" not in text and "`" not in text:
        return f"`{text}`"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<code>{escaped.replace('|', _BAR_IN_HTML)}</code>"
