"""Chunks: joined they are the text, each within its limit, cut where a reader would."""

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
    made = list(chunks(text, most_bytes))
    assert "".join(made) == text
    assert all(0 < len(each.encode()) <= most_bytes for each in made)


@given(text=TEXT | HARD, most_bytes=st.integers(4, 80))
def test_no_character_is_cut_unless_it_alone_is_too_long(text: str, most_bytes: int) -> None:
    whole = regex.findall(r"\X", text)
    place, ends = 0, set()
    for character in whole:
        place += len(character)
        ends.add(place)
    if any(len(character.encode()) > most_bytes for character in whole):
        return
    place = 0
    for chunk in chunks(text, most_bytes):
        place += len(chunk)
        assert place in ends


@pytest.mark.parametrize(
    ("text", "most_bytes", "made"),
    [
        ("One. Two. Three.", 10, ["One. Two. ", "Three."]),
        ("It is 3.14 or so. Yes.", 20, ["It is 3.14 or so. ", "Yes."]),
        ("你好。世界。", 9, ["你好。", "世界。"]),
        ("هل هذا؟ نعم.", 14, ["هل هذا؟ ", "نعم."]),
        ("यह है। वह है।", 20, ["यह है। ", "वह है।"]),
        ("no end in sight", 7, ["no end ", "in ", "sight"]),
        ("nospacesatall", 5, ["nospa", "cesat", "all"]),
        ("", 10, []),
    ],
)
def test_cuts(text: str, most_bytes: int, made: list[str]) -> None:
    assert list(chunks(text, most_bytes)) == made


def test_a_limit_below_a_code_point_is_refused() -> None:
    with pytest.raises(ValueError, match="most_bytes=3"):
        list(chunks("a", 3))
