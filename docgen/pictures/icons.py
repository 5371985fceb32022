"""AWS's icons, as symbols that stand once in a picture."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "node_modules" / "aws-icons" / "icons"
_SVG = re.compile(r'<svg [^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)
# The dark ink of icons that belong to no service; it must be light on dark ground.
_INK = re.compile(r"#(242f3e|232f3d|232f3e|232f3d)", re.IGNORECASE)


@cache
def symbol(icon: str, identifier: str) -> str:
    """One icon as a <symbol>. `icon` is its path below `icons`, without `.svg`."""
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
