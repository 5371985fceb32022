"""Reading: any bytes become their text, or an error that says why not and what to do."""

import io
import json
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.language_chain.split_document.kinds import kind_of
from lambdas.language_chain.split_document.reading import Document, read
from lambdas.language_chain.split_document.transcripts import spoken
from lambdas.language_chain.split_document.unreadable import UnreadableError
from tools.bench.corpus import (
    FORMATS,
    SETS,
    Outcome,
    formatted_files,
    measure,
    plain_files,
)

GERMAN = "Über den Wolken muss die Freiheit wohl grenzenlos sein, süß und schön. " * 5


def document(body: bytes, key: str = "a.txt", content_type: str = "") -> Document:
    return read(body, key, content_type, FORMATS, "text")


@pytest.mark.parametrize("of_set", SETS)
def test_no_file_of_the_corpus_is_read_as_something_else(of_set: str) -> None:
    plain, formatted = measure(plain_files(of_set)), measure(formatted_files(of_set))
    assert (plain.wrong, formatted.wrong) == ([], [])
    # Declared and structured, nothing is left to guess. Of plain texts of 60 to 200 characters, the
    # refused ones are mostly halves with one or two letters beyond ASCII.
    assert formatted.refused == 0
    assert _share(plain) > 0.95
    assert plain.right + formatted.right > 1200


def _share(outcome: Outcome) -> float:
    return outcome.right / (outcome.right + outcome.refused)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_detected(encoding: str) -> None:
    assert document(GERMAN.encode(encoding)).text == GERMAN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Das Frühstück war gut, das Bett war weich. " * 3, "cp1252"),
        ("L'hôtel était très agréable, et le petit déjeuner aussi. ", "cp1252"),
        ("The price is £20, that’s “fair” – isn’t it?", "cp1252"),
        ("A naïve café visitor.", "cp1252"),
        ("Отель был прекрасный, завтрак вкусный и кровать мягкая. ", "cp1251"),
        ("Hotel był wspaniały, śniadanie było smaczne, łóżko miękkie", "cp1250"),
        ("Το ξενοδοχείο στην Αθήνα ήταν υπέροχο", "cp1253"),
        ("ケルン行きの列車は七時半に四番線から出ると言っていました", "shift_jis"),
        ("昨日、新しいカメラを買いました。", "iso2022_jp"),
        ("昨日、新しいカメラを買いました。", "utf-16-be"),
        ("科隆的火车七点半从四号站台出发，他们是这么说的。", "gb18030"),
        ("호텔은 아주 좋았고 아침 식사도 맛있었습니다.", "euc_kr"),
        ("Hello world, this is a text from Windows.", "utf-16-le"),
    ],
)
def test_one_line_is_enough_to_detect_an_encoding(text: str, encoding: str) -> None:
    assert document(text.encode(encoding)).text == text


def test_letters_at_the_end_of_a_large_file_decide() -> None:
    text = "No letter beyond ASCII here.\n" * 50_000 + "Zażółć gęślą jaźń, bo się ściemnia.\n" * 3
    assert document(text.encode("cp1250")).text == text


@pytest.mark.parametrize("text", ["Je čas.", "SĄ", "n£"])
def test_what_few_letters_leave_open_is_refused(text: str) -> None:
    body = text.encode("cp1250" if "£" not in text else "cp1252")
    with pytest.raises(UnreadableError, match="charset=windows-1250"):
        document(body)
    declared = "windows-1250" if "£" not in text else "windows-1252"
    assert document(body, content_type=f"text/plain; charset={declared}").text == text


def test_a_guess_is_told_with_its_confidence() -> None:
    guessed = document("Отель был прекрасный, завтрак вкусный.".encode("koi8-r")).reading
    assert (guessed["charset"], guessed["charset_source"]) == ("koi8-r", "guessed")
    assert 0.45 <= guessed["charset_confidence"] < 1
    certain = document(GERMAN.encode()).reading
    assert (certain["charset_source"], certain["charset_confidence"]) == ("bytes", 1)


@pytest.mark.parametrize(
    ("body", "content_type", "source"),
    [
        ("größer".encode("utf-16"), "text/plain; charset=utf-8", "mark"),
        ("größer".encode("cp850"), 'text/plain; charset="IBM850"', "declared"),
        # A server that says so of everything.
        ("größer".encode(), "text/plain; charset=iso-8859-1", "bytes"),
        (GERMAN.encode("cp1252"), "text/plain; charset=utf-8", "guessed"),
        (GERMAN.encode("cp1252"), "text/plain; charset=no-such", "guessed"),
    ],
)
def test_a_declaration_counts_unless_the_bytes_refute_it(
    body: bytes, content_type: str, source: str
) -> None:
    read_as = document(body, content_type=content_type)
    assert read_as.charset_source == source
    assert "größer" in read_as.text or read_as.text == GERMAN


def test_a_page_that_says_latin_1_is_in_windows_1252() -> None:
    page = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'
    page += "<p>The naïve café – £20"
    read_as = document(page.encode("cp1252"), "a.html")
    assert (read_as.text, read_as.charset_source) == ("The naïve café – £20", "declared")


def test_a_broken_byte_is_replaced_and_counted() -> None:
    body = GERMAN.encode().replace("Ü".encode(), b"\xc3", 1)
    read_as = document(body)
    assert (read_as.charset, read_as.replaced) == ("utf-8", 1)
    assert read_as.text == GERMAN.replace("Ü", "\ufffd", 1)


def test_utf_7_is_refused() -> None:
    with pytest.raises(UnreadableError, match="UTF-7"):
        document("Hé, ça va ?".encode("utf-7"))
    assert document(b"1+1-2, a+b-c").text == "1+1-2, a+b-c"


@pytest.mark.parametrize(
    ("key", "content_type", "text_format"),
    [
        ("a.txt", "binary/octet-stream", "text"),
        ("notes.MD", "", "markdown"),
        ("page.html", "text/plain", "html"),
        ("page", "text/html; charset=utf-8", "html"),
        ("rows.jsonl", "", "json_lines"),
        ("rows", "application/x-ndjson", "json_lines"),
        ("export.csv", "application/vnd.ms-excel", "table"),
        ("mail.eml", "", "email"),
        ("film.de.srt", "", "subtitles"),
        ("no extension at all", "application/pdf", "text"),
    ],
)
def test_a_text_is_what_its_extension_or_its_content_type_says(
    key: str, content_type: str, text_format: str
) -> None:
    assert kind_of(b"Hello.", key, content_type) == text_format


@pytest.mark.parametrize(
    ("body", "text_format"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"{\\rtf1 a}", "rtf"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>", "html"),
        ("<html>".encode("utf-16"), "html"),
        (b'<?xml version="1.0"?><a/>', "xml"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "html"),
        (b"WEBVTT - title\n", "subtitles"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", "subtitles"),
        (b"From: a@example.com\nTo: b@example.com\nSubject: c\n\nHi", "email"),
        (b"To: everybody\n\nHi", "text"),
    ],
)
def test_a_content_that_names_its_format_needs_no_extension(body: bytes, text_format: str) -> None:
    assert kind_of(body, "upload", "") == text_format


def test_a_format_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(
        UnreadableError, match="it is html, and the setting `formats` allows text, markdown"
    ):
        read(b"<p>", "a.html", "", ("text", "markdown"), "text")


def test_inline_tags_end_no_line_and_no_word() -> None:
    page = (
        '<p>This is <b>very</b> important news, <a href="x">read it</a> <i>now</i>.</p>'
        "<p>W<b>elcome</b> to super<wbr>market.</p>"
    )
    assert document(page.encode(), "a.html").text == (
        "This is very important news, read it now.\nWelcome to supermarket."
    )


def test_html_is_what_a_browser_shows() -> None:
    page = (
        "<title>Größe</title><style>no</style><p>a\n b&nbsp;&amp; c<!-- no --><br>d<span hidden>no"
        "</span><div style='display: none'>no</div><table><tr><td>1<td>2<tr><td>3</table>"
        "<script>no</script><ul><li>x<li>y</ul>"
    )
    assert document(page.encode(), "a.html").text.split() == [
        *("Größe", "a", "b", "&", "c", "d", "1", "2", "3", "x", "y")
    ]


def test_a_page_may_nest_deeply() -> None:
    assert document(b"<i>" * 20_000 + b"deep", "a.html").text == "deep"


def test_markdown_stays_as_it_is() -> None:
    assert document("# Größe\n*Mut*".encode(), "a.md").text == "# Größe\n*Mut*"


def test_json_lines_end_at_line_feeds_alone() -> None:
    texts = ["one thing\u2028another", "next\x85line", "form\u2029feed"]
    rows = "\r\n\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    assert document(rows.encode(), "a.jsonl").text == "\n".join(texts)


@pytest.mark.parametrize("line", ["no json", "[]", '{"other": "x"}', '{"text": 1}', "3"])
def test_a_json_line_without_the_field_is_named_by_its_line_in_the_file(line: str) -> None:
    with pytest.raises(
        UnreadableError, match="line 4 is not a JSON object with a string in 'text'"
    ):
        document(b'{"text": "a"}\n\n\n' + line.encode(), "a.jsonl")


def test_half_an_emoji_is_replaced_and_counted() -> None:
    read_as = document(b'{"text": "cut \\ud83d"}', "a.jsonl")
    assert (read_as.text, read_as.replaced) == ("cut \ufffd", 1)


def test_json_gives_its_strings() -> None:
    body = json.dumps({"a": ["x", 1, {"b": "y"}], "c": None, "d": "z"}).encode()
    assert document(body, "a.json").text == "x\ny\nz"
    for broken in (b'{"a": ', b"[" * 100_000):
        with pytest.raises(UnreadableError, match=r"JSON|nests"):
            document(broken, "a.json")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'id;text\r\n1;"a; ""b"", c\r\nd"\r\n2;e', 'id\ttext\n1\ta; "b", c\r\nd\n2\te'),
        (b"sep=|\nid|text\n1|a", "id\ttext\n1\ta"),
        (b"id,text\n1,a", "id\ttext\n1\ta"),
        (b"one column, with a comma\nand none", "one column\twith a comma\nand none"),
    ],
)
def test_a_table_has_the_delimiter_that_fits(body: bytes, text: str) -> None:
    assert document(body, "a.csv").text.split() == text.split()


def test_a_table_that_is_cut_off_is_refused() -> None:
    with pytest.raises(UnreadableError, match="no table"):
        document(b'1;"a\n2;b', "a.csv")


def test_xml_gives_a_line_for_an_element_with_text() -> None:
    body = b"<a><b>one <i>and</i> two</b><c x='no'/><d>three</d></a>"
    assert document(body, "a.xml").text == "one and two\nthree"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        (b"<a><b></a>", "not well-formed"),
    ],
)
def test_xml_that_could_do_harm_or_is_broken_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        document(body, "a.xml")


def test_a_mail_is_its_subject_and_what_is_shown() -> None:
    forwarded = EmailMessage()
    forwarded["Subject"] = "Früher"
    forwarded.set_content("Alt – ä.", charset="windows-1252")
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Grüße", "a@example.com"
    mail.set_content("Schön, dass du schreibst.", charset="iso-8859-1", cte="quoted-printable")
    mail.add_alternative("<p>Nein.</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="rechnung.pdf")
    mail.add_attachment(forwarded)
    read_as = document(mail.as_bytes(), "a.eml")
    assert read_as.text.split("\n\n") == [
        *("Grüße", "Schön, dass du schreibst.", "Früher", "Alt – ä.")
    ]
    assert read_as.attachments == ["rechnung.pdf"]


def test_a_mail_that_says_nothing_of_its_charset_is_guessed() -> None:
    body = b"From: a@example.com\r\nSubject: " + "Hôtel réservé".encode("cp1252")
    body += b"\r\n\r\n" + "L’hôtel était très agréable, même après la fête.".encode("cp1252")
    read_as = document(body, "a.eml")
    assert read_as.text == "Hôtel réservé\n\nL’hôtel était très agréable, même après la fête."
    assert read_as.charset_source == "guessed"


def test_subtitles_are_what_is_said() -> None:
    body = (
        "WEBVTT\n\nNOTE no\nno\n\n1\n00:01.000 --> 00:02.000 align:left\n<v Anna>Hi &amp; <b>bye"
        "</b>\n\n00:03.000 --> 00:04.000\n<00:03.100>3 < 4\n"
    )
    assert document(body.encode(), "a.vtt").text == "Hi & bye\n3 < 4"


def test_rich_text_is_read_in_its_code_page() -> None:
    body = rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset204 Arial;}}\f0 \'cf\'f0\'e8\u8364? "
    body += rb"{\b bo}ld\par}"
    assert document(body, "a.doc").text.strip() == "При€ bold"
    with pytest.raises(UnreadableError, match="cut off"):
        document(body[:-1])


def _archive(*files: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return file.getvalue()


WORD = (
    b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>%s"
    b"</w:document>"
)


def test_a_word_document_is_read_with_its_footnotes() -> None:
    paragraph = b"<w:p><w:r><w:t>%s</w:t></w:r><w:r><w:tab/><w:t>two</w:t></w:r></w:p>"
    body = _archive(
        ("word/document.xml", WORD % (paragraph % b"one")),
        ("word/footnotes.xml", WORD % (paragraph % b"three")),
        ("word/header1.xml", WORD % (paragraph % b"no")),
    )
    assert document(body, "letter.docx").text == "one\ttwo\nthree\ttwo"


def test_a_word_document_that_explodes_is_refused() -> None:
    body = _archive(("word/document.xml", WORD % (b" " * 201 * 1024 * 1024)))
    assert len(body) < 1_000_000
    with pytest.raises(UnreadableError, match="unpacks to more than 200 MiB"):
        document(body)


def _pdf(content: bytes, resources: bytes, trailer: bytes = b"") -> bytes:
    return b"""%%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources <<%s>>>> endobj
4 0 obj <</Length %d>> stream
%s
endstream endobj
trailer <</Root 1 0 R %s>>
startxref
0
%%%%EOF""" % (resources, len(content), content, trailer)


def test_a_scanned_pdf_and_one_with_a_password_are_refused_and_say_what_to_do() -> None:
    font = b"/Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>"
    assert document(_pdf(b"BT /F 9 Tf (Hello.) Tj ET", font)).text == "Hello."
    picture = b"/XObject <</I <</Type /XObject /Subtype /Image /Width 1 /Height 1>>>>"
    with pytest.raises(UnreadableError, match="Textract"):
        document(_pdf(b"/I Do", picture))
    encrypted = (
        b"/Encrypt <</Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"41" * 32
        + b"> /U <"
        + b"42" * 32
        + b">>> /ID [<00> <00>]"
    )
    with pytest.raises(UnreadableError, match="password"):
        document(_pdf(b"", font, encrypted))
    with pytest.raises(UnreadableError, match=r"PDF|pages"):
        document(b"%PDF-1.4 and nothing else")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"PK\x03\x04abc", "it is a ZIP archive, and damaged"),
        (_archive(("a.txt", b"a")), "unpack it"),
        (_archive(("xl/workbook.xml", b"a")), "save it as CSV"),
        (_archive(("Index/Document.iwa", b"a")), "save it as .docx or PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"ID3\x04 a song", "a recording"),
        (b"\x89PNG", "Textract"),
        (b"plain until\0here", "charset"),
        (bytes(range(256)) * 9, "charset"),
        (b"<p></p>", "no text"),
    ],
)
def test_a_file_without_text_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        document(body, "a.html" if body.startswith(b"<") else "a.txt")


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


BEGINNINGS = [b"", b"%PDF-1.4\n", b"{\\rtf1 ", b"From: a\nTo: b\nSubject: ", b"<?xml ", b"\xff\xfe"]
KEYS = [f"a.{extension}" for extension in "txt html jsonl json csv xml eml srt vtt".split()]


@given(body=st.binary(max_size=300), key=st.sampled_from(KEYS), begin=st.sampled_from(BEGINNINGS))
def test_any_bytes_are_read_or_refused(body: bytes, key: str, begin: bytes) -> None:
    try:
        text = document(begin + body, key).text
    except UnreadableError:
        return
    assert text.strip()
    text.encode()
