"""Services that the notes know by another name: `docs/former_names.toml`, and its tables.

Who searches the site for a name of 2021 must find the page of what it is called today.
"""

from functools import cache
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from stacks.shared.setting_types import STRICT
from tools.site import facts
from tools.site.links import architecture_page

Architecture = Literal["streaming-lake", "ml-platform", "language-chain"]
_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Name:
    """One service under its former name; `docs/former_names.toml` says what the fields are."""

    old: _Text
    now: _Text
    since: Annotated[str, Field(pattern=r"^\d{4}(-\d\d){0,2}$")] | None = None
    architectures: tuple[Architecture, ...]
    here: _Text


@cache
def names() -> tuple[Name, ...]:
    """Every former name. Raises FactsError."""
    return facts.read("former_names.toml", Name, named_by="old")


def section(architecture: str) -> str:
    """The section of an architecture's page, in Markdown; empty if nothing was renamed there."""
    met = [name for name in names() if architecture in name.architectures]
    if not met:
        return ""
    lines = [f"| {each.old} | {each.now} | {each.since or ''} | {each.here} |" for each in met]
    head = ["| in the notes | today | since | here |", "|---|---|---|---|"]
    return "\n".join(["## By its former name", "", *head, *lines]) + "\n"


def table() -> str:
    """All of them, with the architectures where they are met."""
    lines = [f"| {each.old} | {each.now} | {each.since or ''} | {_met(each)} |" for each in names()]
    head = ["| in the notes | today | since | met in |", "|---|---|---|---|"]
    return "\n".join([*head, *lines]) + "\n"


def _met(name: Name) -> str:
    links = (f"[{each}]({architecture_page(each)})" for each in name.architectures)
    return ", ".join(links) or name.here
