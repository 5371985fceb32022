"""What a document is: by its content first, then by its name and its content type."""

import io
import re
import zipfile

from .unreadable import UnreadableError

_BY_EXTENSION = {
    "csv": "table",
    "eml": "email",
    "htm": "html",
    "html": "html",
    "json": "json",
    "jsonl": "json_lines",
    "markdown": "markdown",
    "md": "markdown",
    "ndjson": "json_lines",
    "srt": "subtitles",
    "tab": "table",
    "tsv": "table",
    "txt": "text",
    "vtt": "subtitles",
    "xhtml": "html",
    "xml": "xml",
}
_BY_CONTENT_TYPE = {
    "application/json": "json",
    "application/jsonl": "json_lines",
    "application/x-ndjson": "json_lines",
    "application/x-subrip": "subtitles",
    "application/xhtml+xml": "html",
    "application/xml": "xml",
    "message/rfc822": "email",
    "text/csv": "table",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/tab-separated-values": "table",
    "text/vtt": "subtitles",
    "text/xml": "xml",
}
_OWN_NAME = "it is {}, not a text: upload it with its own extension"
_CONVERT = "it is {}: save it as {}, and upload that"
# How files begin that hold no text, and what to do.
_REFUSED = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _CONVERT.format("a file of Office before 2007", ".docx")),
    (b"\x1f\x8b", "it is compressed by gzip: unpack it, and upload what is in it"),
    (b"BZh", "it is compressed by bzip2: unpack it, and upload what is in it"),
    (b"\xfd7zXZ\0", "it is compressed by xz: unpack it, and upload what is in it"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it, and upload what is in it"),
    (b"Rar!", "it is a RAR archive: unpack it, and upload what is in it"),
    (b"%!PS", _CONVERT.format("PostScript", "PDF")),
    (b"\x89PNG", "it is an image: extract its text first, with Amazon Textract"),
    (b"\xff\xd8\xff", "it is an image: extract its text first, with Amazon Textract"),
    (b"GIF8", "it is an image: extract its text first, with Amazon Textract"),
    (b"II*\0", "it is an image: extract its text first, with Amazon Textract"),
    (b"MM\0*", "it is an image: extract its text first, with Amazon Textract"),
    (b"OggS", _OWN_NAME.format("a recording")),
    (b"RIFF", _OWN_NAME.format("a recording")),
    (b"fLaC", _OWN_NAME.format("a recording")),
    (b"ID3", _OWN_NAME.format("a recording")),
    (b"SQLite format 3", "it is a database: export its texts as CSV, and upload that"),
    (b"\x7fELF", "it is a program"),
)
# What is in the ZIP archive that such a document is.
_IN_ARCHIVES = (
    ("xl/workbook", _CONVERT.format("an Excel workbook", "CSV")),
    ("ppt/presentation.xml", _CONVERT.format("a PowerPoint presentation", "PDF")),
    ("content.xml", _CONVERT.format("an OpenDocument file", ".docx")),
    ("META-INF/container.xml", _CONVERT.format("an e-book", "HTML or PDF")),
    ("Index/", _CONVERT.format("a file of Pages, Numbers or Keynote", ".docx or PDF")),
    ("Index.zip", _CONVERT.format("a file of Pages, Numbers or Keynote", ".docx or PDF")),
)
_LOCKED = "it is protected by a password: save it without one, and upload that"
_MAIL_FIELD = re.compile(
    rb"(?i)^(received|from|to|date|subject|mime-version|message-id|return-path|delivered-to"
    rb"|content-type|x-[\w-]+):[ \t]"
)
_PDF_WITHIN = 1024


def kind_of(body: bytes, key: str, content_type: str) -> str:
    """The name of the format, one of the setting `formats`.

    Raises UnreadableError for what is recognised and not read; the message says what to do.
    """
    if b"%PDF-" in body[:_PDF_WITHIN]:
        return "pdf"
    if body.startswith(b"{\\rtf"):
        return "rtf"
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_archive(body)
    for beginning, reason in _REFUSED:
        if body.startswith(beginning):
            if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P" in body:
                raise UnreadableError(_LOCKED)
            raise UnreadableError(reason)
    extension = key.lower().rpartition(".")[2]
    media_type = content_type.partition(";")[0].strip().lower()
    by_name = _BY_EXTENSION.get(extension) or _BY_CONTENT_TYPE.get(media_type, "")
    return by_name if by_name not in ("", "text") else _in_text(body[:4096]) or by_name or "text"


def _in_archive(body: bytes) -> str:
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except zipfile.BadZipFile:
        raise UnreadableError("it is a ZIP archive, and damaged: upload it again") from None
    names = archive.namelist()
    if "word/document.xml" in names:
        if any(info.flag_bits & 1 for info in archive.infolist()):
            raise UnreadableError(_LOCKED)
        return "docx"
    for prefix, reason in _IN_ARCHIVES:
        if any(name.startswith(prefix) for name in names):
            raise UnreadableError(reason)
    raise UnreadableError("it is a ZIP archive: unpack it, and upload what is in it")


def _in_text(beginning: bytes) -> str:
    """The format that the content names itself; empty for any other text."""
    ascii_text = beginning.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    lower = ascii_text.lower()
    if lower.startswith((b"<!doctype html", b"<html")):
        return "html"
    if lower.startswith(b"<?xml"):
        return "html" if b"<html" in lower else "xml"
    if ascii_text.startswith(b"WEBVTT"):
        return "subtitles"
    if re.match(rb"1\s*\n\d\d:\d\d:\d\d,\d{3} --> ", ascii_text.replace(b"\r", b"")):
        return "subtitles"
    fields = [line for line in ascii_text.split(b"\n\n")[0].splitlines() if line[:1] not in b" \t"]
    if len(fields) >= 3 and all(map(_MAIL_FIELD.match, fields[:3])):
        return "email"
    return ""
