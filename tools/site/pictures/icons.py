"""AWS's icons as SVG symbols; a picture holds each once."""

import re
from functools import cache

from repository import ROOT

_FOLDER = ROOT / "node_modules" / "aws-icons" / "icons"
_SVG = re.compile(r'<svg [^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)
# The dark colour of general icons, which must be light on a dark background.
_DARK = re.compile(r"#(242f3e|232f3[de])", re.IGNORECASE)
# Types of states that call no service, drawn in the colour of the text.
_GLYPHS = {
    "choice": "M12 3L21 12L12 21L3 12z",
    "fail": "M6 6L18 18M18 6L6 18",
    "pass": "M4 12H19M13 6L19 12L13 18",
    "succeed": "M4 13L10 19L20 6",
    "wait": "M12 3a9 9 0 1 0 0.01 0zM12 7V12L16 14",
    "map": "M4 4H14V14H4zM10 17V20H20V10H17",
    "parallel": "M6 4V20M18 4V20",
}


@cache
def symbol(icon: str, identifier: str) -> str:
    """One icon as a <symbol>. `icon` is its path below `icons`, without `.svg`."""
    kind, _, name = icon.partition("/")
    if kind == "glyph":
        pen = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"'
        return (
            f'<symbol id="{identifier}" viewBox="0 0 24 24">'
            f'<path {pen} d="{_GLYPHS[name]}"/></symbol>'
        )
    path = _FOLDER / f"{icon}.svg"
    if not path.exists():
        raise FileNotFoundError(
            f"{icon}: aws-icons has no such icon. Check its name; run `make docs` if it is missing."
        )
    svg = _SVG.fullmatch(path.read_text().strip())
    if not svg:
        raise ValueError(f"{icon}: the file is not one <svg> with a viewBox.")
    inner = re.sub(r"<title>.*?</title>", "", svg[2], flags=re.DOTALL)
    inner = _DARK.sub("currentColor", inner)
    inner = re.sub(r'\bid="([^"]+)"', rf'id="{identifier}-\1"', inner)
    inner = re.sub(r"url\(#([^)]+)\)", rf"url(#{identifier}-\1)", inner)
    inner = re.sub(r'href="#([^"]+)"', rf'href="#{identifier}-\1"', inner)
    return f'<symbol id="{identifier}" viewBox="{svg[1]}">{inner}</symbol>'
