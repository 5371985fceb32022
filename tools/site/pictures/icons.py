"""AWS's icons, as symbols that stand once in a picture."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "node_modules" / "aws-icons" / "icons"
_SVG = re.compile(r'<svg [^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)
# The dark ink of icons that belong to no service; it must be light on dark ground.
_INK = re.compile(r"#(242f3e|232f3[de])", re.IGNORECASE)
# The types of states that call no service, drawn with a pen of the text's colour.
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
            f"{icon}: aws-icons has no such icon. Is it spelt right, and `make setup` done?"
        )
    found = _SVG.fullmatch(path.read_text().strip())
    if not found:
        raise ValueError(f"{icon}: not one <svg> with a viewBox, as the others are.")
    inner = re.sub(r"<title>.*?</title>", "", found[2], flags=re.DOTALL)
    inner = _INK.sub("currentColor", inner)
    inner = re.sub(r'\bid="([^"]+)"', rf'id="{identifier}-\1"', inner)
    inner = re.sub(r"url\(#([^)]+)\)", rf"url(#{identifier}-\1)", inner)
    inner = re.sub(r'href="#([^"]+)"', rf'href="#{identifier}-\1"', inner)
    return f'<symbol id="{identifier}" viewBox="{found[1]}">{inner}</symbol>'
