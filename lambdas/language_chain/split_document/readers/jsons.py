"""JSON: the strings of a file, or one field of each line."""

import json
from collections.abc import Iterator
from typing import Any

from ..unreadable import UnreadableError

_DEEPEST = "it nests deeper than a reader can follow"


def text_of(text: str) -> str:
    """A line for each string value, in the order of the file. Raises UnreadableError."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise UnreadableError(_DEEPEST) from None
    except ValueError as error:
        raise UnreadableError(
            f"it is not JSON ({error}): JSON lines have the extension .jsonl"
        ) from None
    return "\n".join(_strings(value))


def _strings(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        match stack.pop():
            case str() as string if string.strip():
                yield string
            case list() as values:
                stack += reversed(values)
            case dict() as fields:
                stack += reversed(fields.values())


def field_of_lines(text: str, field: str) -> str:
    r"""The value of `field` in each JSON line. Lines end at \n alone, and blank ones are skipped.

    Raises UnreadableError, with the number of the line.
    """
    return "\n".join(
        _field(line, number, field)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip(" \t\r\ufeff")
    )


def _field(line: str, number: int, field: str) -> str:
    try:
        value: Any = json.loads(line.strip(" \t\r\ufeff"))[field]
    except (ValueError, KeyError, TypeError, RecursionError):
        value = None
    if not isinstance(value, str):
        raise UnreadableError(
            f"line {number} is not a JSON object with a string in {field!r}:"
            " see the setting `json_lines_field`"
        )
    return value
