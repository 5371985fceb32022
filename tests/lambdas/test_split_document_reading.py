"""Reading: any bytes become their text, or a sentence that says why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from split_document.reading import UnreadableError, read

GERMAN = "Über den Wolken muss die Freiheit wohl grenzenlos sein, süß und schön. " * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    assert read(GERMAN.encode(encoding), "a.txt") == GERMAN


def test_html_loses_its_tags_and_nothing_else() -> None:
    body = "<p>Größe &amp; <b>Mut</b></p><p>hier".encode()
    assert read(body, "page.HTML").split() == ["Größe", "&", "Mut", "hier"]


@pytest.mark.parametrize(
    ("body", "key", "why"),
    [
        (b"", "a.txt", "it is empty"),
        (b" \n\t", "a.txt", "it is empty"),
        (b"PK\x03\x04abc", "a.txt", "a ZIP archive"),
        (b"%PDF-1.7", "a.txt", "a PDF"),
        (b"<p></p>", "a.html", "no text between its tags"),
    ],
)
def test_what_is_no_text_is_refused_in_plain_words(body: bytes, key: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(body, key)


@given(body=st.binary(max_size=300), key=st.sampled_from(["a.txt", "a.html", "a"]))
def test_any_bytes_are_read_or_refused(body: bytes, key: str) -> None:
    try:
        text = read(body, key)
    except UnreadableError:
        return
    assert text.strip()
    text.encode()
