"""PDF with text. A page with a picture and no text is not skipped: the file is refused."""

import io
import logging
import re
import unicodedata

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from ..unreadable import UnreadableError

# It logs what it repairs, and the log must hold nothing of a document.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)
_SCANNED = "{} no text but pictures, as scans have: extract their text first, with Amazon Textract"
# Glyphs without a character come out as these.
_NO_CHARACTER = re.compile(r"\ufffd|[\ue000-\uf8ff]|\(cid:\d+\)|(?<!\S)/[gG]\d+")
_TOLERATED = 0.001
# What pypdf raises about files that are not as they should be.
_BROKEN = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def text_of(body: bytes) -> str:
    """The pages' text in reading order. Raises UnreadableError."""
    try:
        reader = PdfReader(io.BytesIO(body))
        locked = reader.is_encrypted and not reader.decrypt("")
        pages = [] if locked else [page.extract_text() for page in reader.pages]
        scanned = [
            number
            for number, text in enumerate(pages, 1)
            if not text.strip() and _has_picture(reader.pages[number - 1].get("/Resources"))
        ]
    except DependencyError:
        raise UnreadableError(
            "it is encrypted, if without a password: print it to a new PDF, and upload that"
        ) from None
    except _BROKEN as error:
        raise UnreadableError(
            f"it is a damaged PDF ({type(error).__name__}): print it to a new PDF, and upload that"
        ) from None
    if locked:
        raise UnreadableError("it is protected by a password: save it without one, and upload that")
    if scanned:
        numbers = ", ".join(map(str, scanned[:10])) + (", ..." if len(scanned) > 10 else "")
        which = "its pages have" if len(scanned) == len(pages) else f"its pages {numbers} have"
        raise UnreadableError(_SCANNED.format(which))
    text = unicodedata.normalize("NFC", "\n".join(page.strip() for page in pages if page.strip()))
    if not text:
        raise UnreadableError("its pages have no text: upload the document that it was made from")
    if len(_NO_CHARACTER.findall(text)) > _TOLERATED * len(text):
        raise UnreadableError(
            "its fonts do not say which characters they draw: extract its text with Amazon Textract"
        )
    return text


def _has_picture(resources: object) -> bool:
    # A form may hold pictures, so every object that is drawn counts.
    objects = resources.get_object().get("/XObject") if hasattr(resources, "get_object") else None
    return bool(objects.get_object()) if objects is not None else False
