"""Markdown tables: every cell keeps its bars, code and line breaks to itself."""

import markdown
import pytest
from bs4 import BeautifulSoup

from tools.markdown import cell, code, table

VALUES = ["plain", "a|b", "`a|b`", "x `a|b` y|z", "two\nlines", code("a|b"), code("a`b"), "1 < 2"]


@pytest.mark.parametrize("value", VALUES)
def test_a_row_has_as_many_cells_as_the_table_has_heads(value: str) -> None:
    html = markdown.markdown(table(["a", "b"], [[value, "end"]]), extensions=["tables"])
    first, last = BeautifulSoup(html, "html.parser").find_all("td")
    text = value.replace("`", "").replace("\n", " ")
    if not value.startswith("<code>"):
        assert first.get_text() == text
    assert last.get_text() == "end"


def test_a_bar_is_escaped_as_github_reads_it() -> None:
    assert cell("a|b") == r"a\|b"
    assert cell(r"a\|b") == r"a\|b"
    assert cell("`a|b`") == "<code>a&#124;b</code>"


def test_code_without_signs_is_a_code_span() -> None:
    assert code("s3:GetObject") == "`s3:GetObject`"


def test_numbers_are_aligned_to_the_right() -> None:
    assert table(["what", "USD"], [["key", "1.00"]], numbers=True).splitlines() == [
        "| what | USD |",
        "| --- | ---: |",
        "| key | 1.00 |",
    ]
