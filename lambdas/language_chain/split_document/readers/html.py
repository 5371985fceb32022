"""HTML: what a browser shows. Blocks end a line, inline tags do not; hidden text is left out."""

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

# Elements that a browser starts on a new line (https://html.spec.whatwg.org/#the-css-user-agent-
# style-sheet-and-presentational-hints, read 2026-11-29).
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt"
    " fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li"
    " main menu nav ol optgroup option p plaintext pre search section summary table tbody tfoot"
    " thead title tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_HIDDEN = frozenset("script style template noscript iframe object svg math datalist".split())
_HIDING_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WITHIN_LINES = re.compile(r"[ \t]*\n[ \t\n]*")


def text_of(markup: str) -> str:
    """The text of a page, its title included, a line for each block."""
    fragments: list[str] = []
    _append(BeautifulSoup(markup, "html.parser"), fragments)
    text = "".join(fragments)
    text = re.sub(r"[ \t]+", " ", text)
    return _WITHIN_LINES.sub("\n", text).strip()


def _append(root: Tag, fragments: list[str]) -> None:
    """Depth first, without recursion: pages nest as deep as they like."""
    stack: list[PageElement | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node is not root and _is_hidden(node):
                continue
            around = "\n" if node.name in _BLOCKS else " " if node.name in _CELLS else ""
            stack += [around, *reversed(node.contents), around]
        elif isinstance(node, PreformattedString):
            continue
        elif isinstance(node, NavigableString):
            fragments.append(_SPACE.sub(" ", node))
        elif isinstance(node, str):
            fragments.append(node)


def _is_hidden(tag: Tag) -> bool:
    return (
        tag.name in _HIDDEN
        or tag.has_attr("hidden")
        or bool(_HIDING_STYLE.search(str(tag.get("style", ""))))
    )
