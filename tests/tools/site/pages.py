"""Reads Markdown pages: the anchors of their headings, and their links."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import markdown


@cache
def headings(page: Path) -> frozenset[str]:
    reader: Any = markdown.Markdown(extensions=["toc", "tables"])
    reader.convert(page.read_text())
    return frozenset(_ids(reader.toc_tokens))


def links(text: str) -> list[str]:
    """The targets of a page's links within the site."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]


def _ids(tokens: list[dict[str, Any]]) -> Iterator[str]:
    for token in tokens:
        yield token["id"]
        yield from _ids(token["children"])
