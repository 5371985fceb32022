"""Sources beside what they say of themselves: nothing is lost, nothing is said twice."""

import re

import pytest

from repository import ROOT
from tools.site import annotated, build
from tools.site.passages import passages
from tools.site.targets import NOTE_ID


@pytest.mark.parametrize("path", build.sources())
def test_every_line_stands_in_one_passage(path: str) -> None:
    text = (ROOT / path).read_text()
    numbers = [n for each in passages(path, text) for n in (*each.spoken, *each.code)]
    assert numbers == list(range(1, len(text.splitlines()) + 1))


def test_docstrings_and_comments_are_said_and_the_rest_is_shown() -> None:
    text = '''"""What it is."""

NUMBER = 1  # beside the line, so it stays there
# Why it is two.
# And not three.
TWO = """
# no comment, but text
"""
'''
    first, second = passages("x.py", text)
    assert first.said == "What it is."
    assert list(first.code) == [2, 3]
    assert second.said == "Why it is two.\nAnd not three."
    assert list(second.code) == [6, 7, 8]


def test_a_workflow_is_cut_at_its_states() -> None:
    path = "step_functions/language_chain/language_part.asl.json"
    said = [each.said for each in passages(path, (ROOT / path).read_text())]
    assert said[0].startswith("One chunk is translated")
    assert "**Translate**" in said


def test_a_row_of_the_notes_is_a_link_and_a_card() -> None:
    page = annotated.page("stacks/streaming_lake/storage.py")
    assert 'href="../../../coverage.html#ST-12"' in page
    assert "ST-12: the notes" in page


def test_a_list_of_many_rows_has_links_and_no_cards() -> None:
    path = "stacks/streaming_lake/stack.py"
    (head, *_) = passages(path, (ROOT / path).read_text())
    assert len(set(NOTE_ID.findall(head.said))) > 5
    assert "ST-12: the notes" not in annotated.page(path)


@pytest.mark.parametrize(
    ("page", "seen_from", "address"),
    [
        ("coverage.md#ST-05", "code/a/b.py.md", "../../coverage.html#ST-05"),
        ("coverage.md", "coverage.md", "coverage.html"),
        ("code/a/b.py.md#L3", "architectures/x.md", "../code/a/b.py.html#L3"),
    ],
)
def test_addresses_hold_wherever_they_are_read(page: str, seen_from: str, address: str) -> None:
    assert annotated.relative(page, seen_from) == address


def test_what_is_code_is_shown_as_it_is() -> None:
    """Markup takes nothing away: the text of the shown lines is that of the file."""
    path = "lambdas/language_chain/split_document/chunks.py"
    lines = (ROOT / path).read_text().splitlines()
    shown = re.findall(
        r'<span id="L(\d+)" data-line="\d+">(.*?)\n</span>', annotated.page(path), re.DOTALL
    )
    assert len(shown) > 20
    for number, html in shown:
        assert annotated.words(html) == lines[int(number) - 1]
