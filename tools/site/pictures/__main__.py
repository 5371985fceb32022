"""Write the pictures that are checked in, or compare them with `--check`."""

import argparse
import sys
from pathlib import Path

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools import assembly
from tools.site.pictures import architecture_svg

FOLDER = ROOT / "docs" / "pictures"


def main(arguments: list[str] | None = None) -> int:
    """Draw every architecture; 1 if `--check` finds a picture that is not today's."""
    parser = argparse.ArgumentParser(prog="python -m tools.site.pictures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check: bool = parser.parse_args(arguments).check
    templates = assembly.synthesise("sandbox")
    stale = []
    for architecture in ARCHITECTURES:
        path = FOLDER / f"{architecture}.svg"
        drawn = architecture_svg(architecture, templates, tall=False)
        if check and (not path.exists() or path.read_text() != drawn):
            stale.append(_shown(path))
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(drawn)
    if stale:
        sys.stderr.write(
            f"{', '.join(stale)}: not what the templates of today give."
            " Run `python -m tools.site.pictures` and commit what it writes.\n"
        )
    return 1 if stale else 0


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
