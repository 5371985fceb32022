"""The measure of reading: files of known texts, in every charset and format that people have.

Two sets of texts in 28 languages and ten scripts: the first article of the Universal Declaration of
Human Rights, and letters of our own. The rules of the reader were made with neither of them, but
with the translations of Django's messages.
"""

import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from pathlib import Path
from typing import Literal

import chardet
import matplotlib
from charset_normalizer import from_bytes
from fpdf import FPDF

from lambdas.language_chain.split_document.reading import read
from lambdas.language_chain.split_document.unreadable import UnreadableError

_SIZE = re.compile("-(?:whole|half)-")
_TEXTS = Path(__file__).parent / "texts"
SETS = ("articles", "letters")
FORMATS = (
    *("text", "markdown", "html", "xml", "table", "json", "json_lines", "email", "rtf"),
    *("subtitles", "docx", "pdf"),
)
# Python's names. Those with a mark write it; `-le` and `-be` do not.
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")
WESTERN = ("cp1252", "iso8859-15", "mac_roman", "cp850", "cp437")
CENTRAL = ("cp1250", "iso8859-2", "mac_latin2", "cp852")
BALTIC = ("cp1257", "iso8859-13", "iso8859-4", "cp775")
CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "mac_cyrillic", "cp866")
LEGACY = {
    "ar": ("cp1256", "iso8859-6"),
    **dict.fromkeys(("bg", "ru", "uk"), CYRILLIC),
    **dict.fromkeys(("cs", "hu", "pl"), CENTRAL),
    **dict.fromkeys(
        ("da", "de", "en", "es", "fi", "fr", "it", "nl", "pt", "sv"), ("iso8859-1", *WESTERN)
    ),
    "el": ("cp1253", "iso8859-7"),
    "et": (*BALTIC, *WESTERN),
    "he": ("cp1255", "iso8859-8"),
    "ja": ("shift_jis", "euc_jp", "iso2022_jp"),
    "ko": ("euc_kr", "cp949", "iso2022_kr"),
    "lt": BALTIC,
    "th": ("cp874", "tis-620"),
    "tr": ("cp1254", "iso8859-9", "cp857"),
    "vi": ("cp1258",),
    "zh": ("gb18030", "gbk", "gb2312", "hz"),
    "zh-TW": ("big5", "cp950"),
}


@dataclass(frozen=True)
class File:
    """A file of a known text."""

    name: str
    body: bytes
    text: str
    content_type: str = ""


@dataclass(frozen=True)
class Outcome:
    """How many files were read as what they hold, refused, or read as something else."""

    right: int
    wrong: list[str]
    refused_by: Mapping[str, int]
    """Charset or format -> files that were refused."""

    @property
    def refused(self) -> int:
        """Files that were refused."""
        return sum(self.refused_by.values())

    @property
    def files(self) -> int:
        """All files."""
        return self.right + self.refused + len(self.wrong)


def texts(of_set: str) -> dict[str, str]:
    """Language -> text."""
    loaded: dict[str, str] = json.loads((_TEXTS / f"{of_set}.json").read_text(encoding="utf-8"))
    return loaded


def plain_files(of_set: str) -> Iterator[File]:
    """Undeclared: each text whole, and its first half, in each charset that can write it."""
    for language, text in texts(of_set).items():
        half = text[: len(text) // 2].rpartition(" ")[0] or text[: len(text) // 2]
        for size, excerpt in (("whole", text), ("half", half)):
            for charset in (*UNICODE, *LEGACY[language]):
                encoded = _encoded(excerpt, charset)
                if encoded:
                    yield File(f"{language}-{size}-{charset}.txt", encoded, excerpt)


def formatted_files(of_set: str) -> Iterator[File]:
    """Each text in each format, in its charsets where the format declares one."""
    for language, text in texts(of_set).items():
        charsets = ["utf-8", "utf-16", *LEGACY[language][:2]]
        for charset in charsets:
            yield from _declaring(language, text, charset)
        yield File(f"{language}.md", text.encode(), text)
        yield File(f"{language}.docx", _docx(text), text)
        yield File(f"{language}-escaped.rtf", _rtf(text), text)
        yield File(
            f"{language}.tsv", f"1\t{text}\r\n2\t{text}".encode("utf-16"), f"1 {text} 2 {text}"
        )
        yield File(f"{language}.vtt", _webvtt(text).encode(), text)
        rows = "".join(json.dumps({"text": line}) + "\n\n" for line in _lines(text))
        yield File(f"{language}.jsonl", rows.encode(), text)
        value = {"greeting": [text, 1, None], "deep": {"er": [text]}}
        yield File(f"{language}.json", json.dumps(value).encode(), f"{text} {text}")
        if language in (
            "bg",
            "cs",
            "de",
            "el",
            "en",
            "es",
            "fr",
            "it",
            "pl",
            "pt",
            "ru",
            "tr",
            "uk",
        ):
            yield File(f"{language}.pdf", _pdf(text), text)


def _declaring(language: str, text: str, charset: str) -> Iterator[File]:
    """Formats whose files say, or whose upload says, which charset they are in."""
    encoded = _encoded(text, charset)
    if not encoded:
        return
    name, label = f"{language}-{charset}", charset.replace("_", "-")
    yield File(
        f"{name}.csv",
        _encoded(_csv(text), charset),
        f"1 {text} 2 {text}",
        f"text/csv; charset={label}",
    )
    yield File(
        f"{name}.srt", _encoded(_subrip(text), charset), text, f"text/plain; charset={label}"
    )
    if charset == "utf-16":
        return
    page = (
        f'<!DOCTYPE html><html><head><meta charset="{label}"><style>p {{}}</style></head>'
        f"<body><p>{_inline(text)}</p><script>no()</script></body></html>"
    )
    yield File(f"{name}.html", _encoded(page, charset), text)
    strict = (
        f'<?xml version="1.0" encoding="{label}"?>\n<html xmlns="http://www.w3.org/1999/xhtml">'
        f"<body><p>{_inline(text)}</p><br/></body></html>"
    )
    yield File(f"{name}.xhtml", _encoded(strict, charset), text)
    xml = f'<?xml version="1.0" encoding="{label}"?>\n<a><b>{escape(text)}</b><c/></a>'
    yield File(f"{name}.xml", _encoded(xml, charset), text)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"], mail["From"] = text[:20].strip(), "a@example.com"
    mail.set_content(encoded.decode(charset), charset=charset)
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    yield File(f"{name}.eml", mail.as_bytes(), f"{text[:20]} {text}")
    if charset.startswith("cp125"):
        yield File(f"{name}.rtf", _rtf(encoded.decode(charset), charset), text)


def measure(files: Iterable[File]) -> Outcome:
    """Read each file, and compare what was read with what it holds, white space aside."""
    right, refused, wrong = 0, Counter[str](), []
    for file in files:
        try:
            document = read(file.body, file.name, file.content_type, FORMATS, "text")
        except UnreadableError:
            stem, _, extension = file.name.rpartition(".")
            refused[_SIZE.split(stem)[-1] if extension == "txt" else extension] += 1
            continue
        if squeezed(document.text) == squeezed(file.text):
            right += 1
        else:
            wrong.append(f"{file.name}: {document.reading} {document.text[:200]!r}")
    return Outcome(right, wrong, dict(refused))


def measure_alone(files: Iterable[File], library: Literal["chardet", "charset-normalizer"]) -> str:
    """What the first answer of a library gives for each file: right, none, and wrong."""
    outcomes = Counter[str]()
    for file in files:
        if library == "chardet":
            charset = chardet.detect(file.body, max_bytes=len(file.body))["encoding"]
        else:
            best = from_bytes(file.body).best()
            charset = best.encoding if best else None
        try:
            text = file.body.decode(charset) if charset else None
        except (UnicodeDecodeError, LookupError):
            text = None
        if text is None:
            outcomes["none"] += 1
        else:
            same = squeezed(text.lstrip("\ufeff")) == squeezed(file.text)
            outcomes["right" if same else "wrong"] += 1
    return f"{library} alone: {outcomes['right']} right, {outcomes['wrong']} wrong"


def squeezed(text: str) -> str:
    """`text` without what charsets and formats do not keep: white space and composition."""
    return "".join(unicodedata.normalize("NFC", text).split())


def _encoded(text: str, charset: str) -> bytes:
    """Empty if the charset cannot write the text, which then is in no such file."""
    if charset == "cp1258":
        text = "".join(map(_of_vietnamese, text))
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return b""


def _of_vietnamese(character: str) -> str:
    """A letter as windows-1258 writes it: with its tone as a mark."""
    try:
        character.encode("cp1258")
    except UnicodeEncodeError:
        base, *marks = list(unicodedata.normalize("NFD", character))
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        shape = "".join(mark for mark in marks if mark not in tones)
        return unicodedata.normalize("NFC", base + shape) + "".join(tones)
    return character


def _lines(text: str) -> list[str]:
    return text.replace(". ", ".\n").split("\n")


def _inline(text: str) -> str:
    """The text with inline tags at a blank, and within a word."""
    middle = len(text) // 2
    marked = f"{escape(text[:3])}<b>{escape(text[3:middle])}</b><i>{escape(text[middle:])}</i>"
    return f"{marked}<!-- no --><span hidden>no</span>"


def _csv(text: str) -> str:
    quoted = text.replace('"', '""')
    return f'1;"{quoted}"\r\n2;"{quoted}"\r\n'


def _subrip(text: str) -> str:
    return f"1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>{text}</i>\r\n\r\n"


def _webvtt(text: str) -> str:
    return (
        "WEBVTT\n\nNOTE no\n\nSTYLE\n::cue {}\n\nfirst\n00:01.000 --> 00:02.000 align:left\n"
        f"<v Anna>{escape(text, quote=False)}\n"
    )


def _rtf(text: str, charset: str = "") -> bytes:
    """With the bytes of a code page, or with the numbers of characters."""
    special = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    if charset:
        escaped = "".join(
            character
            if character < "\x80"
            else "".join(f"\\'{byte:02x}" for byte in character.encode(charset))
            for character in special
        )
    else:
        units = special.encode("utf-16-le")
        numbers = [
            int.from_bytes(units[at : at + 2], "little", signed=True)
            for at in range(0, len(units), 2)
        ]
        escaped = "".join(
            chr(number) if 0 <= number < 128 else f"\\u{number}?" for number in numbers
        )
    page = charset.removeprefix("cp") or "1252"
    return (
        f"{{\\rtf1\\ansi\\ansicpg{page}\\deff0{{\\fonttbl{{\\f0 Arial;}}}}"
        f"{{\\*\\generator no}}\\f0\\fs24 {escaped}\\par }}"
    ).encode("ascii")


def _docx(text: str) -> bytes:
    """As Word writes it: a paragraph in runs, one of them deleted, and a text box written twice."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    third = len(text) // 3
    runs = "".join(
        f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>'
        for part in (text[:third], text[third:])
    )
    body = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{word}"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>'
        f"<w:p>{runs}<w:del><w:r><w:delText>no</w:delText></w:r></w:del></w:p>"
        "<mc:AlternateContent><mc:Fallback><w:p><w:r><w:t>no</w:t></w:r></w:p></mc:Fallback>"
        "</mc:AlternateContent></w:body></w:document>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", body)
    return file.getvalue()


def _pdf(text: str) -> bytes:
    document = FPDF()
    document.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    document.add_page()
    document.add_font("DejaVu", fname=f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf")
    document.set_font("DejaVu", size=12)
    document.multi_cell(0, text=text)
    return bytes(document.output())


def megabytes(folder: Path) -> float:
    """What Lambda unpacks, in million bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
