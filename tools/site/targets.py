"""Finds the line of a source file that a row of facts refers to."""

import re
from functools import cache

from repository import ROOT

# The id of a row of the notes, as comments and docstrings write it.
NOTE_ID = re.compile(r"\b(?:ST|IN|ET|TR|DP|AI|SE|EX)-\d+a?\b")


class TargetError(ValueError):
    """A file, a symbol or an id that is not where a row says. The message names it."""


def symbol_line(path: str, symbol: str) -> int:
    """The line that defines `symbol`, or the first that contains it. Raises TargetError."""
    name = re.escape(symbol)
    lines = _lines(path)
    for pattern in (
        rf"^\s*(?:class|def) {name}\b",
        rf"^\s*{name}(?::| =)",
        rf'^\s*"{name}": \{{',
        name,
    ):
        for number, line in enumerate(lines, start=1):
            if re.search(pattern, line):
                return number
    raise TargetError(f"{path} does not contain {symbol!r}: correct the symbol, or leave it out")


def id_line(path: str, note_id: str, symbol: str | None) -> int:
    """The line of `path` that names `note_id`, the nearest to `symbol`. Raises TargetError."""
    numbers = [
        number
        for number, line in enumerate(_lines(path), start=1)
        if note_id in NOTE_ID.findall(line)
    ]
    if not numbers:
        raise TargetError(f"{path} does not name {note_id}: name it in a comment at the line")
    near = symbol_line(path, symbol) if symbol else numbers[0]
    # A workflow names the id in a Comment, which may be that of the whole workflow.
    return near if path.endswith(".json") else min(numbers, key=lambda number: abs(number - near))


@cache
def _lines(path: str) -> list[str]:
    file = ROOT / path
    if not file.is_file():
        raise TargetError(f"{path}: there is no such file")
    return file.read_text().splitlines()
