"""Reads the typed rows of `docs/*.toml`; an invalid row is an error that says where and why."""

import tomllib
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from repository import ROOT

FACTS = ROOT / "docs"
PAGES = FACTS / "pages"
_Row = TypeVar("_Row")


class FactsError(ValueError):
    """An invalid row. The message names file, row and field, and what is allowed."""


def read(name: str, kind: type[_Row], *, named_by: str = "id") -> tuple[_Row, ...]:
    """The rows of `docs/<name>` in order; the field `named_by` is unique among them.

    Raises FactsError.
    """
    raw: list[dict[str, Any]] = tomllib.loads((FACTS / name).read_text())["row"]
    adapter = TypeAdapter(kind)
    rows, problems = [], []
    names: set[str] = set()
    for number, row in enumerate(raw, start=1):
        row_name = str(row.get(named_by, f"number {number}"))
        if row_name in names:
            problems.append(f"docs/{name}, {row_name}: there are two rows of this {named_by}")
        names.add(row_name)
        try:
            rows.append(adapter.validate_python(row))
        except ValidationError as error:
            problems += [_sentence(name, row_name, detail) for detail in error.errors()]
    if problems:
        raise FactsError("\n".join(problems))
    return tuple(rows)


def _sentence(name: str, row: str, error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    field = ".".join(str(part) for part in error["loc"])
    return f"docs/{name}, {row}{f', {field}' if field else ''}: {message[0].lower()}{message[1:]}"
