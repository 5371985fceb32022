"""XML of any kind: the texts of its elements, in order. No entity of the document is expanded."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..unreadable import UnreadableError


def text_of(markup: str) -> str:
    """An element that holds texts and other elements is one line; others have one each.

    Raises UnreadableError if it is not well-formed, or defines entities.
    """
    # The declaration names the charset that was decoded already.
    _, declaration, content = markup.partition("?>")
    root = parse((content if declaration and markup.startswith("<?xml") else markup).encode())
    lines: list[str] = []
    _append(root, lines)
    return "\n".join(lines)


def parse(body: bytes) -> Element:
    """The root element. Raises UnreadableError."""
    try:
        root: Element = fromstring(body)
    except ParseError as error:
        raise UnreadableError(f"it is not well-formed XML: {error}") from None
    except DefusedXmlException:
        raise UnreadableError(
            "it defines XML entities, which can expand without limit: write them out"
        ) from None
    return root


def _append(root: Element, lines: list[str]) -> None:
    stack = [root]
    while stack:
        element = stack.pop()
        texts = [element.text, *(child.tail for child in element)]
        if any(text and text.strip() for text in texts):
            lines.append(" ".join("".join(element.itertext()).split()))
        else:
            stack += reversed(element)
