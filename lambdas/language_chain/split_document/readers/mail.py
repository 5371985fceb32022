"""E-mail: its subject and what its reader sees. Attachments are listed and not read."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from ..unreadable import UnreadableError
from . import html

# Bytes and the charset that a part declares -> its text.
Decode = Callable[[bytes, str], str]
# They pass through the workflow's state, which holds 256 KiB.
_MOST_NAMES = 100


def text_of(body: bytes, decode: Decode) -> tuple[str, list[str]]:
    """The text, with the mails that were forwarded in it, and the names of the first hundred
    attachments.

    Raises UnreadableError if the mail is encrypted.
    """
    message = message_from_bytes(body.lstrip(), policy=policy.default)
    attachments: list[str] = []
    text = "\n\n".join(_texts(message, decode, attachments))
    return text, attachments[:_MOST_NAMES]


def _texts(message: EmailMessage, decode: Decode, attachments: list[str]) -> Iterator[str]:
    if message["Subject"]:
        yield _header(message, "Subject", decode)
    yield from _parts(message, decode, attachments)


def _header(message: EmailMessage, name: str, decode: Decode) -> str:
    value = str(message[name])
    if "\ufffd" not in value:
        return value
    # Some programs write bytes into headers, without saying in which charset.
    raw = next(raw for field, raw in message.raw_items() if field.lower() == name.lower())
    return decode(raw.encode("ascii", "surrogateescape"), _charset(message)).strip()


def _charset(message: EmailMessage) -> str:
    for part in message.walk():
        if charset := part.get_content_charset():
            return str(charset)
    return ""


def _parts(part: EmailMessage, decode: Decode, attachments: list[str]) -> Iterator[str]:
    media_type = part.get_content_type()
    if media_type in ("multipart/encrypted", "application/pkcs7-mime"):
        raise UnreadableError("it is an encrypted e-mail: save it decrypted, and upload that")
    if media_type == "message/rfc822":
        for forwarded in part.iter_parts():
            yield from _texts(cast(EmailMessage, forwarded), decode, attachments)
    elif media_type == "multipart/alternative":
        chosen = part.get_body(("plain", "html")) or next(iter(part.iter_parts()), None)
        if chosen is not None:
            yield from _parts(cast(EmailMessage, chosen), decode, attachments)
    elif part.is_multipart():
        for inner in part.iter_parts():
            yield from _parts(cast(EmailMessage, inner), decode, attachments)
    elif part.get_content_disposition() == "attachment" or part.get_filename():
        attachments.append(part.get_filename() or media_type)
    elif media_type in ("text/plain", "text/html"):
        payload = part.get_payload(decode=True)
        text = decode(payload if isinstance(payload, bytes) else b"", part.get_content_charset(""))
        plain = text.replace("\r\n", "\n").strip()
        yield html.text_of(text) if media_type == "text/html" else plain
    else:
        attachments.append(media_type)
