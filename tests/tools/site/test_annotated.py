"""Annotated pages: every line of a source is shown once, text beside the code it explains."""

import re

import pytest

from repository import ROOT
from tools.site import annotated
from tools.site.passages import passages
from tools.site.sources import sources
from tools.site.targets import NOTE_ID


@pytest.mark.parametrize("path", sources())
def test_every_line_is_in_one_passage(path: str) -> None:
    text = (ROOT / path).read_text()
    numbers = [
        number
        for passage in passages(path, text)
        for number in (*passage.text_lines, *passage.code)
    ]
    assert numbers == list(range(1, len(text.splitlines()) + 1))


def test_docstrings_and_comments_become_text_beside_the_code() -> None:
    text = '''"""What it is."""

NUMBER = 1  # beside the line, so it stays there
# Why it is two.
# And not three.
TWO = """
# no comment, but text
"""
'''
    first, second = passages("x.py", text)
    assert first.text == "What it is."
    assert list(first.code) == [2, 3]
    assert second.text == "Why it is two.\nAnd not three."
    assert list(second.code) == [6, 7, 8]


def test_a_workflow_has_a_passage_for_each_state() -> None:
    path = "step_functions/language_chain/language_part.asl.json"
    texts = [passage.text for passage in passages(path, (ROOT / path).read_text())]
    assert any(text.startswith("**Translate**") for text in texts)


def test_a_row_of_the_notes_is_a_link_and_a_card() -> None:
    page = annotated.page("stacks/streaming_lake/storage.py")
    assert 'href="../../../coverage.html#ST-12"' in page
    assert "ST-12: the notes" in page


def test_a_list_of_many_rows_has_links_and_no_cards() -> None:
    path = "stacks/streaming_lake/stack.py"
    (head, *_) = passages(path, (ROOT / path).read_text())
    assert len(set(NOTE_ID.findall(head.text))) > 5
    assert "ST-12: the notes" not in annotated.page(path)


@pytest.mark.parametrize(
    ("page", "seen_from", "address"),
    [
        ("coverage.md#ST-05", "code/a/b.py.md", "../../coverage.html#ST-05"),
        ("coverage.md", "coverage.md", "coverage.html"),
        ("code/a/b.py.md#L3", "architectures/x.md", "../code/a/b.py.html#L3"),
    ],
)
def test_addresses_are_relative_to_the_page(page: str, seen_from: str, address: str) -> None:
    assert annotated.relative(page, seen_from) == address


def test_markup_changes_no_text_of_the_code() -> None:
    path = "lambdas/language_chain/split_document/chunks.py"
    lines = (ROOT / path).read_text().splitlines()
    rendered = re.findall(
        r'<span id="L(\d+)" data-line="\d+">(.*?)\n</span>', annotated.page(path), re.DOTALL
    )
    assert len(rendered) > 20
    for number, html in rendered:
        assert annotated.words(html) == lines[int(number) - 1]
