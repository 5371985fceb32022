"""From the bytes of an object to their text, or to the reason why they are none."""

import chardet

from .formats import UnreadableError

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
# Enough to tell an encoding by; the whole of a large file would take seconds.
_SAMPLE_BYTES = 64 * 1024


def decoded(body: bytes) -> str:
    """The text of an object, its encoding found out. Raises UnreadableError."""
    if not body.strip():
        raise UnreadableError("it is empty: there is nothing to translate")
    for magic, kind in _MAGIC.items():
        if body.startswith(magic):
            raise UnreadableError(f"it is {kind}, and no text: upload it under its own name")
    text = _decoded(body)
    if "\0" in text:
        raise UnreadableError("it holds NUL bytes, as no text does")
    return text


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = chardet.detect(body[:_SAMPLE_BYTES])["encoding"]
    if encoding is None:
        raise UnreadableError("it is in no encoding that can be found out: save it as UTF-8")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it begins as {encoding}, but {error}") from None
