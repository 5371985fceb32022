"""Services that the notes know by another name: `docs/former_names.toml` and its tables.

A search of the site for a name of 2021 must find the page of the service's current name.
"""

from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from stacks.catalogue import ARCHITECTURES
from stacks.shared.setting_types import STRICT
from tools.markdown import table as markdown_table
from tools.site import facts
from tools.site.links import architecture_page

_Text = Annotated[str, Field(min_length=1)]


def _known(name: str) -> str:
    if name not in ARCHITECTURES:
        raise ValueError(f"{name!r} is no architecture; use {', '.join(ARCHITECTURES)}")
    return name


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Name:
    """One service under its former name; `docs/former_names.toml` describes the fields."""

    old: _Text
    now: _Text
    since: Annotated[str, Field(pattern=r"^\d{4}(-\d\d){0,2}$")] | None = None
    architectures: Literal["all"] | tuple[Annotated[str, AfterValidator(_known)], ...]
    here: _Text


@cache
def names() -> tuple[Name, ...]:
    """Every former name. Raises FactsError."""
    return facts.read("former_names.toml", Name, named_by="old")


def section(architecture: str) -> str:
    """The section of an architecture's page, in Markdown; empty if nothing there was renamed."""
    rows = [
        (name.old, name.now, name.since or "", name.here)
        for name in names()
        if name.architectures == "all" or architecture in name.architectures
    ]
    if not rows:
        return ""
    return "## Former names\n\n" + markdown_table(["in the notes", "today", "since", "here"], rows)


def table() -> str:
    """All of them, with the architectures that use the services."""
    rows = [(name.old, name.now, name.since or "", _used_in(name)) for name in names()]
    return markdown_table(["in the notes", "today", "since", "used in"], rows)


def _used_in(name: Name) -> str:
    if name.architectures == "all":
        return "all architectures"
    pages = (f"[{used_in}]({architecture_page(used_in)})" for used_in in name.architectures)
    return ", ".join(pages) or name.here
