"""Chunks: joined they are the text, each within the limit, cut at sentences or words."""

from itertools import accumulate

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from lambdas.language_chain.split_document.chunks import chunks

# What UTF-8 can hold: no surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
HARD = st.lists(
    st.sampled_from(
        ["👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "é", "e\u0301", "க்ஷ", "한국어", ". ", "。", "\r\n", "؟ ", "a", " "]
    )
).map("".join)


@given(text=TEXT | HARD, most_bytes=st.integers(4, 80))
def test_joined_they_are_the_text_and_none_is_too_long(text: str, most_bytes: int) -> None:
    pieces = list(chunks(text, most_bytes))
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= most_bytes for piece in pieces)


@given(text=TEXT | HARD, most_bytes=st.integers(4, 80))
def test_no_grapheme_is_split_unless_it_is_too_long_by_itself(text: str, most_bytes: int) -> None:
    graphemes = regex.findall(r"\X", text)
    if any(len(grapheme.encode()) > most_bytes for grapheme in graphemes):
        return
    grapheme_ends = set(accumulate(map(len, graphemes)))
    assert set(accumulate(map(len, chunks(text, most_bytes)))) <= grapheme_ends


@pytest.mark.parametrize(
    ("text", "most_bytes", "pieces"),
    [
        ("One. Two. Three.", 10, ["One. Two. ", "Three."]),
        # A blank with a mark is one grapheme: the end of a word may not cut it.
        (" \u0300\x80", 4, [" \u0300", "\x80"]),
        ("It is 3.14 or so. Yes.", 20, ["It is 3.14 or so. ", "Yes."]),
        ("你好。世界。", 9, ["你好。", "世界。"]),
        ("هل هذا؟ نعم.", 14, ["هل هذا؟ ", "نعم."]),
        ("यह है। वह है।", 20, ["यह है। ", "वह है।"]),
        # Neither the end of a wrapped line nor the full stop of an abbreviation ends a sentence.
        ("So it is. Then\nDr. Li came.", 24, ["So it is. ", "Then\nDr. Li came."]),
        ("Ja. Am 3. Oktober, z. B. um acht", 26, ["Ja. ", "Am 3. Oktober, z. B. um ", "acht"]),
        ("Yes. By J. R. R. Tolkien himself", 20, ["Yes. ", "By J. R. R. Tolkien ", "himself"]),
        ("a line\nanother line", 12, ["a line\n", "another line"]),
        ("Title\n\nA sentence of words", 20, ["Title\n\n", "A sentence of words"]),
        ("no end in sight", 7, ["no end ", "in ", "sight"]),
        ("nospacesatall", 5, ["nospa", "cesat", "all"]),
        ("", 10, []),
    ],
)
def test_cuts(text: str, most_bytes: int, pieces: list[str]) -> None:
    assert list(chunks(text, most_bytes)) == pieces


def test_a_limit_below_a_code_point_is_refused() -> None:
    with pytest.raises(ValueError, match="most_bytes=3"):
        list(chunks("a", 3))
