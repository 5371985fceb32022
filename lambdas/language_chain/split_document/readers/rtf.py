"""Rich Text Format."""

import re

from striprtf.striprtf import rtf_to_text

from ..unreadable import UnreadableError

_CODE_PAGE = re.compile(rb"\\ansicpg(\d+)")
_KNOWN = {437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259)}


def text_of(body: bytes) -> str:
    """Raises UnreadableError if the file is cut off, or is in a code page that is not known."""
    declared = _CODE_PAGE.search(body)
    page = int(declared[1]) if declared else 1252
    if page == 65001:  # the number of UTF-8
        encoding = "utf-8"
    elif page in _KNOWN or page in (0, 10000):
        encoding = {0: "cp1252", 10000: "mac_roman", 936: "gb18030"}.get(page, f"cp{page}")
    else:
        raise UnreadableError(f"it is in code page {page}: save it as .docx, and upload that")
    if body.count(b"{") - body.count(b"\\{") > body.count(b"}") - body.count(b"\\}"):
        raise UnreadableError("it is cut off: its groups are not closed; upload it again")
    try:
        # Bytes beyond ASCII stand in escapes; those that do not are in the code page.
        text: str = rtf_to_text(  # type: ignore[no-untyped-call]
            body.decode(encoding), encoding=encoding, errors="strict"
        )
    except (UnicodeDecodeError, LookupError):
        raise UnreadableError(
            f"it is not in code page {page} as it says: save it as .docx, and upload that"
        ) from None
    return text
