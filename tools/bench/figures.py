"""Measured figures: `docs/figures.toml`. `make bench` writes it; the site and README show it."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from repository import ROOT
from stacks.shared.setting_types import STRICT
from tools.markdown import table

FILE = ROOT / "docs" / "figures.toml"
README = ROOT / "README.md"
START, END = "<!-- figures -->", "<!-- /figures -->"
_HEAD = """\
# Measured figures. `make bench` replaces those that it measures again; `readme = true` shows one in
# README.md, which `python -m tools.bench readme` updates.
"""
_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Figure:
    """One measured number."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: _Text
    value: float
    unit: str
    compared_to: str = ""
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    machine: _Text
    command: _Text
    readme: bool = False

    @property
    def measured(self) -> str:
        """The number with its unit."""
        number = f"{self.value:,.0f}" if self.value == round(self.value) else f"{self.value:,g}"
        return f"{number} {self.unit}".strip()


class FiguresError(ValueError):
    """README.md has no place for the figures. The message is for the user."""


def read(file: Path = FILE) -> dict[str, Figure]:
    """Id -> figure, in the order of the file."""
    rows = tomllib.loads(file.read_text())["figure"]
    figures = TypeAdapter(list[Figure]).validate_python(rows)
    return {figure.id: figure for figure in figures}


def merge(measured: Iterable[Figure], file: Path = FILE) -> None:
    """Replace the figures of the same id, keeping their place and whether README shows them."""
    figures = read(file)
    for figure in measured:
        in_readme_block = figure.id in figures and figures[figure.id].readme
        figures[figure.id] = Figure(**{**asdict(figure), "readme": in_readme_block})
    file.write_text(_HEAD + "".join(map(_toml, figures.values())))


def _toml(figure: Figure) -> str:
    lines = ["", "[[figure]]"]
    for field in fields(figure):
        value = getattr(figure, field.name)
        # A figure of 0 is one: only what is left empty is left out.
        if (value != "" and value is not False) or field.name == "unit":
            # Strings, numbers and booleans are written in TOML as in JSON.
            lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def readme_block(figures: Iterable[Figure]) -> str:
    """The figures that README shows, between their markers."""
    rows = [
        (figure.title, figure.measured, figure.compared_to) for figure in figures if figure.readme
    ]
    return f"{START}\n{table(['figure', 'measured', 'compared to'], rows)}\n{END}"


def in_readme(text: str) -> str:
    """The text between the markers of README, markers included. Raises FiguresError."""
    before, start, after = text.partition(START)
    block, end, _ = after.partition(END)
    if not (start and end):
        raise FiguresError(f"README.md lacks the lines {START} and {END} around its figures.")
    return text[len(before) : len(before) + len(START) + len(block) + len(END)]


def update_readme(file: Path = README) -> None:
    """Write the figures into README. Raises FiguresError."""
    text = file.read_text()
    file.write_text(text.replace(in_readme(text), readme_block(read().values())))
