"""Decode the bytes of a document."""

import chardet

from .formats import UnreadableError

# First bytes of files that are uploaded as .txt although they are something else.
_MAGIC = {
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "compressed by gzip",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"OggS": "a recording",
    b"RIFF": "a recording",
    b"ID3": "a recording",
}
# Enough to detect an encoding; a whole large file would take seconds.
_SAMPLE_BYTES = 64 * 1024


def decoded(body: bytes) -> str:
    """The text in any encoding that can be detected. Raises UnreadableError."""
    if not body.strip():
        raise UnreadableError("it is empty")
    for magic, kind in _MAGIC.items():
        if body.startswith(magic):
            raise UnreadableError(f"it is {kind}, not a text: upload it with its own extension")
    text = _decoded(body)
    if "\0" in text:
        raise UnreadableError("it contains NUL bytes, which no text does")
    return text


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = chardet.detect(body[:_SAMPLE_BYTES])["encoding"]
    if encoding is None:
        raise UnreadableError("its encoding cannot be detected: save it as UTF-8")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it looks like {encoding}, but {error}") from None
