"""Word documents: paragraphs, tables, text boxes, footnotes and endnotes, and no deleted text.

Headers, footers and comments are left out: they are about the text.
"""

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ..unreadable import UnreadableError
from .xml import parse

_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
# A document of 30 MiB, the most that the setting allows, with text alone unpacks to less.
_MOST_BYTES = 200 * 1024 * 1024
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
# What an older Word shows instead of what stands beside it; the text of moves is where it went.
_LEFT_OUT = frozenset({"Fallback", "del", "moveFrom", "instrText", "delText", "rubyPr", "rt"})
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": ""}


def text_of(body: bytes) -> str:
    """Raises UnreadableError if the document is damaged, or unpacks to more than 200 MiB."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    names = set(archive.namelist())
    return "\n".join(
        text for part in _PARTS if part in names for text in _paragraphs(_unpacked(archive, part))
    )


def _unpacked(archive: zipfile.ZipFile, part: str) -> Element:
    try:
        with archive.open(part) as file:
            body = file.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise UnreadableError(f"it is a damaged Word document ({error}): save it again") from None
    if len(body) > _MOST_BYTES:
        raise UnreadableError(
            f"it unpacks to more than {_MOST_BYTES // 1024**2} MiB, as an archive made to exhaust"
            " its reader does: split it"
        )
    return parse(body)


def _paragraphs(root: Element) -> Iterator[str]:
    """A line for each paragraph; the cells of a table are paragraphs, too."""
    fragments: list[str] = []
    stack: list[Element | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            fragments.append(node)
            continue
        name = node.tag.rpartition("}")[2]
        if name in _LEFT_OUT:
            continue
        if name == "t" and node.tag.startswith((_WORD, _STRICT)):
            fragments.append(node.text or "")
        elif name in _CHARACTERS:
            fragments.append(_CHARACTERS[name])
        elif name == "p" and node.tag.startswith((_WORD, _STRICT)):
            stack += ["\n", *reversed(node), "\n"]
        else:
            stack += reversed(node)
    yield from (line for line in "".join(fragments).split("\n") if line.strip())
