"""Read a document of any format: its text, or the reason why there is none and what to do.

The text is whole, or the document is refused: a result must not be about half of a document.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from email.message import Message
from importlib import import_module
from types import ModuleType
from typing import Any

from .charsets import Decoded, codec, decode
from .kinds import kind_of
from .unreadable import UnreadableError

# What a page or a file says about itself stands at its beginning, in ASCII.
_META = re.compile(
    rb"""(?is)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)"""
    rb"""|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.-]+)["']"""
)
_META_WITHIN = 4096
# The module below `readers/` of each format that is more than its characters.
_READERS = {
    "docx": "docx",
    "email": "mail",
    "html": "html",
    "json": "jsons",
    "pdf": "pdf",
    "rtf": "rtf",
    "subtitles": "subtitles",
    "table": "tables",
    "xml": "xml",
}
# These say themselves which bytes are which characters.
_OF_BYTES = ("docx", "pdf", "rtf")


@dataclass(frozen=True)
class Document:
    """A document's text, and how it was read."""

    text: str
    text_format: str
    charset: str = ""
    """Empty for formats that hold characters and not bytes."""
    charset_source: str = "format"
    """`mark`, `declared`, `bytes`, `guessed` or `format`."""
    confidence: float = 1.0
    replaced: int = 0
    """How many broken bytes and half characters U+FFFD stands for."""
    attachments: list[str] = field(default_factory=list)
    """Names of the files in it that were not read."""

    @property
    def reading(self) -> dict[str, Any]:
        """What the document's result says about its reading."""
        return {
            "format": self.text_format,
            "charset": self.charset,
            "charset_source": self.charset_source,
            "charset_confidence": self.confidence,
            "replaced": self.replaced,
            "attachments": self.attachments,
        }


def read(
    body: bytes, key: str, content_type: str, formats: Collection[str], json_field: str
) -> Document:
    """The document that was uploaded as `key`. Raises UnreadableError."""
    if not body.strip():
        raise UnreadableError("it is empty")
    text_format = kind_of(body, key, content_type)
    if text_format not in formats:
        raise UnreadableError(
            f"it is {text_format}, and the setting `formats` allows {', '.join(formats)}"
        )
    document = _read(body, text_format, content_type, json_field)
    # Half of a surrogate pair, as in JSON that cut an emoji in two, is no character.
    text = document.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    halves = text.count("\ufffd") - document.text.count("\ufffd")
    text = text.replace("\ufeff", "")
    if "\0" in text:
        raise UnreadableError("it contains NUL bytes, which no text does")
    if not text.strip():
        raise UnreadableError("it holds no text")
    return replace(document, text=text, replaced=document.replaced + halves)


def _read(body: bytes, text_format: str, content_type: str, json_field: str) -> Document:
    if text_format == "email":
        return _mail(body)
    if text_format in _OF_BYTES:
        return Document(_reader(text_format).text_of(body), text_format)
    decoded = decode(body, _declared(body, text_format, content_type))
    text = decoded.text
    if text_format == "json_lines":
        text = _reader("json").field_of_lines(text, json_field)
    elif text_format in _READERS:
        text = _reader(text_format).text_of(text)
    return _document(text, text_format, [decoded])


def _reader(text_format: str) -> ModuleType:
    # Imported when it is needed: together they take a second.
    return import_module(f".readers.{_READERS[text_format]}", __package__)


def _mail(body: bytes) -> Document:
    decodings: list[Decoded] = []

    def decoded(part: bytes, declared: str) -> str:
        if not part.strip():
            return ""
        decodings.append(decode(part, declared))
        return decodings[-1].text

    text, attachments = _reader("email").text_of(body, decoded)
    return replace(_document(text, "email", decodings), attachments=attachments)


def _document(text: str, text_format: str, decodings: list[Decoded]) -> Document:
    """With the charset that is least sure."""
    if not decodings:
        return Document(text, text_format)
    least = min(decodings, key=lambda decoded: decoded.confidence)
    return Document(
        text,
        text_format,
        least.charset,
        least.source,
        least.confidence,
        sum(decoded.replaced for decoded in decodings),
    )


def _declared(body: bytes, text_format: str, content_type: str) -> str:
    """The charset of the object's content type, or else of the document itself; or empty."""
    message = Message()
    message["Content-Type"] = content_type or "text/plain"
    charset = message.get_param("charset", "")
    if isinstance(charset, str) and codec(charset):
        return charset
    if text_format in ("html", "xml") and (declaration := _META.search(body[:_META_WITHIN])):
        label = (declaration[1] or declaration[2]).decode()
        # It could be read, so it is none of these.
        return "utf-8" if codec(label).startswith(("utf-16", "utf-32")) else label
    return ""
