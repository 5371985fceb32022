"""The facts of `docs/*.toml`, typed: a row that is wrong is a sentence that says where and why."""

import tomllib
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from repository import ROOT

FACTS = ROOT / "docs"
PAGES = FACTS / "pages"
_Row = TypeVar("_Row")


class FactsError(ValueError):
    """A row that cannot be used. The message names file, row and field, and what is allowed."""


def read(name: str, kind: type[_Row], *, named_by: str = "id") -> tuple[_Row, ...]:
    """The rows of `docs/<name>`, in its order; `named_by` is the field that tells them apart.

    Raises FactsError.
    """
    raw: list[dict[str, Any]] = tomllib.loads((FACTS / name).read_text())["row"]
    adapter = TypeAdapter(kind)
    rows, problems = [], []
    seen: set[str] = set()
    for number, row in enumerate(raw, start=1):
        said = str(row.get(named_by, f"number {number}"))
        if said in seen:
            problems.append(f"docs/{name}, {said}: there are two rows of this {named_by}")
        seen.add(said)
        try:
            rows.append(adapter.validate_python(row))
        except ValidationError as error:
            problems += [_sentence(name, said, each) for each in error.errors()]
    if problems:
        raise FactsError("\n".join(problems))
    return tuple(rows)


def _sentence(name: str, row: str, error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    field = ".".join(str(part) for part in error["loc"])
    return f"docs/{name}, {row}{f', {field}' if field else ''}: {message[0].lower()}{message[1:]}"
