"""From the bytes of an object to its text, or to the reason why there is none."""

from bs4 import BeautifulSoup
from charset_normalizer import from_bytes

# How the files begin that people name .txt although they are none.
_MAGIC = {
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "compressed by gzip",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"OggS": "a recording",
    b"RIFF": "a recording",
    b"ID3": "a recording",
}
_HTML = (".html", ".htm")
# Enough to tell an encoding by; the whole of a large file would take seconds.
_SAMPLE_BYTES = 64 * 1024


class UnreadableError(ValueError):
    """An object that holds no text. The message says why, and what to do."""


def read(body: bytes, key: str) -> str:
    """The text of an object, its encoding found out. Raises UnreadableError."""
    if not body.strip():
        raise UnreadableError("it is empty: there is nothing to translate")
    for magic, kind in _MAGIC.items():
        if body.startswith(magic):
            raise UnreadableError(f"it is {kind}, and no text: upload the text itself")
    text = _decoded(body)
    if key.lower().endswith(_HTML):
        text = BeautifulSoup(text, "html.parser").get_text("\n")
    if not text.strip():
        raise UnreadableError("it holds no text between its tags")
    return text


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = from_bytes(body[:_SAMPLE_BYTES]).best()
    if found is None or found.encoding is None:
        raise UnreadableError("it is in no encoding that can be found out: save it as UTF-8")
    try:
        text = body.decode(found.encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it begins as {found.encoding}, but {error}") from None
    if "\0" in text:
        raise UnreadableError("it holds NUL bytes, as no text does")
    return text
