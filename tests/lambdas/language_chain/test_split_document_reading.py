"""Reading: any bytes become a text, or an error that says why not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.language_chain.split_document.formats import UnreadableError, format_of, plain, spoken
from lambdas.language_chain.split_document.reading import decoded

GERMAN = "Über den Wolken muss die Freiheit wohl grenzenlos sein, süß und schön. " * 5
ALL = ("text", "markdown", "html", "json_lines")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_detected(encoding: str) -> None:
    assert decoded(GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Das Frühstück war gut, das Bett war weich. " * 3, "cp1252"),
        ("L'hôtel était très agréable, et le petit déjeuner aussi. ", "cp1252"),
        ("Отель был прекрасный, завтрак вкусный и кровать мягкая. ", "cp1251"),
        ("Hotel był wspaniały, śniadanie było smaczne, łóżko miękkie", "cp1250"),
        ("Το ξενοδοχείο στην Αθήνα ήταν υπέροχο", "cp1253"),  # noqa: RUF001 -- Greek
        ("ケルン行きの列車は七時半に四番線から出ると言っていました", "shift_jis"),
        ("科隆的火车七点半从四号站台出发，他们是这么说的。", "gb18030"),  # noqa: RUF001 -- Chinese
        ("호텔은 아주 좋았고 아침 식사도 맛있었습니다.", "euc_kr"),
    ],
)
def test_one_line_is_enough_to_detect_an_encoding(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("key", "content_type", "text_format"),
    [
        ("a.txt", "binary/octet-stream", "text"),
        ("notes.MD", "", "markdown"),
        ("page.html", "text/plain", "html"),
        ("page", "text/html; charset=utf-8", "html"),
        ("rows.jsonl", "", "json_lines"),
        ("rows", "application/x-ndjson", "json_lines"),
        ("no extension at all", "application/pdf", "text"),
    ],
)
def test_the_format_is_that_of_the_extension_or_the_content_type(
    key: str, content_type: str, text_format: str
) -> None:
    assert format_of(key, content_type, ALL) == text_format


def test_a_format_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(
        UnreadableError, match="it is html, and the setting `formats` allows text, markdown"
    ):
        format_of("a.html", "", ("text", "markdown"))


def test_html_loses_its_tags_and_nothing_else() -> None:
    body = "<p>Größe &amp; <b>Mut</b></p><script>x</script><p>hier"
    assert plain(body, "html", "text").split() == ["Größe", "&", "Mut", "hier"]


def test_markdown_stays_as_it_is() -> None:
    assert plain("# Größe\n*Mut*", "markdown", "text") == "# Größe\n*Mut*"


def test_json_lines_give_one_field() -> None:
    lines = [json.dumps({"id": number, "body": f"Satz {number}."}) for number in range(2)]
    assert plain("\n\n".join(lines), "json_lines", "body") == "Satz 0.\nSatz 1."


@pytest.mark.parametrize("line", ["no json", "[]", '{"other": "x"}', '{"text": 1}', "3"])
def test_a_json_line_without_the_field_is_named(line: str) -> None:
    with pytest.raises(
        UnreadableError, match="line 2 is not a JSON object with a string in 'text'"
    ):
        plain('{"text": "a"}\n' + line, "json_lines", "text")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"PK\x03\x04abc", "a ZIP archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"ID3\x04 a song", "a recording"),
        (b"plain until\0here", "NUL"),
        ("ein Satz".encode("utf-16-le"), "NUL"),
    ],
)
def test_a_file_without_text_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        decoded(body)


def test_html_without_text_is_refused() -> None:
    with pytest.raises(UnreadableError, match="no text between its tags"):
        plain("<p></p>", "html", "text")


def transcript(*turns: tuple[str, str]) -> dict[str, object]:
    segments = [{"speaker_label": speaker, "transcript": words} for speaker, words in turns]
    whole = " ".join(words for _, words in turns)
    return {"results": {"transcripts": [{"transcript": whole}], "audio_segments": segments}}


def test_a_conversation_has_a_line_a_turn() -> None:
    conversation = transcript(("spk_0", "Good morning."), ("spk_1", "Hello!"), ("spk_0", "Bye."))
    assert spoken(conversation) == "spk_0: Good morning.\nspk_1: Hello!\nspk_0: Bye."


def test_one_speaker_is_not_named() -> None:
    assert spoken(transcript(("spk_0", "One."), ("spk_0", "Two."))) == "One. Two."


def test_silence_is_refused() -> None:
    with pytest.raises(UnreadableError, match="recognises no speech"):
        spoken({"results": {"transcripts": [{"transcript": " "}]}})


@given(body=st.binary(max_size=300), key=st.sampled_from(["a.txt", "a.html", "a.jsonl", "a"]))
def test_any_bytes_are_read_or_refused(body: bytes, key: str) -> None:
    try:
        text = plain(decoded(body), format_of(key, "", ALL), "text")
    except UnreadableError:
        return
    assert text.strip()
    text.encode()
