"""Every contradiction of the notes links to the code or page that has it right."""

import re

from repository import ROOT
from tests.tools.site.pages import headings
from tools.site import contradictions, coverage
from tools.site.facts import PAGES


def test_the_numbers_have_no_gap() -> None:
    assert [row.id for row in contradictions.rows()] == [
        f"C-{number}" for number in range(1, 1 + len(contradictions.rows()))
    ]


def test_each_is_about_rows_that_exist() -> None:
    row_ids = {row.id for row in coverage.rows()}
    for row in contradictions.rows():
        assert set(row.ids) <= row_ids, row.id


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
