"""The links of hand-written pages lead somewhere, and all decisions are listed."""

import posixpath
import re
from pathlib import Path

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.tools.site.pages import headings, links
from tools.bench import figures
from tools.site import contradictions, coverage
from tools.site.facts import PAGES
from tools.site.links import architecture_page

DECISIONS = sorted((PAGES / "decisions").glob("0*.md"))
BY_HAND = [PAGES / "explained.md", PAGES / "decisions" / "index.md", *DECISIONS]
# Generated pages, and their anchors.
GENERATED = {
    "coverage.md": {row.id for row in coverage.rows()},
    "contradictions.md": {row.id for row in contradictions.rows()},
    "closed-services.md": set[str](),
    "as-strict-as-aws.md": set[str](),
    "settings.md": set[str](),
    "figures.md": set(figures.read()),
    **{architecture_page(name): set[str]() for name in ARCHITECTURES},
}


@pytest.mark.parametrize("page", BY_HAND, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    folder = page.parent.relative_to(PAGES).as_posix()
    for link in links(page.read_text()):
        target, _, anchor = link.partition("#")
        path = posixpath.normpath(posixpath.join(folder, target))
        if path.startswith("code/"):
            assert (ROOT / path.removeprefix("code/").removesuffix(".md")).is_file(), link
        elif path in GENERATED:
            assert not anchor or anchor in GENERATED[path], link
        else:
            assert (PAGES / path).is_file(), link
            assert not anchor or anchor in headings(PAGES / path), link


def test_the_index_lists_every_decision_by_its_number() -> None:
    index = (PAGES / "decisions" / "index.md").read_text()
    entries = re.findall(r"^\| (\d+) \| \[.*?\]\((.*?)\)", index, re.MULTILINE)
    assert entries == [(str(int(page.name[:4])), page.name) for page in DECISIONS]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_says_why_what_else_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {int(page.name[:4])}. ")
    parts = re.findall(r"^\*\*(\w+)\.\*\* ", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Considered", "Consequences"]


def test_every_explanation_is_linked_from_a_row() -> None:
    targets = [row.where for row in coverage.rows()]
    targets += [row.where for row in contradictions.rows()]
    linked = {target.partition("#")[2] for target in targets}
    assert headings(PAGES / "explained.md") - linked == {"topics-without-code"}
