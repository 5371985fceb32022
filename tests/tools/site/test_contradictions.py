"""The fifteen contradictions of the notes are told, with the place that holds to what is right."""

import re

from repository import ROOT
from tests.tools.site.pages import headings
from tools.site import contradictions, coverage
from tools.site.facts import PAGES


def test_all_fifteen_are_there_in_order() -> None:
    assert [row.id for row in contradictions.rows()] == [f"C-{n}" for n in range(1, 16)]


def test_each_is_about_rows_that_exist() -> None:
    known = {row.id for row in coverage.rows()}
    for row in contradictions.rows():
        assert set(row.ids) <= known, row.id


def test_each_links_to_a_line_or_a_heading_that_exists() -> None:
    for row in contradictions.rows():
        page, _, anchor = contradictions.link(row).partition("#")
        if row.is_page:
            assert anchor in headings(PAGES / page), row.id
        else:
            source = (ROOT / row.where).read_text().splitlines()
            assert page == f"code/{row.where}.md"
            assert str(row.symbol) in source[int(anchor.removeprefix("L")) - 1], row.id


def test_the_page_has_an_anchor_for_each() -> None:
    anchors = re.findall(r'<a id="(C-\d+)">', contradictions.page())
    assert anchors == [row.id for row in contradictions.rows()]
