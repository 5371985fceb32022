"""Redraw the pictures that are checked in below docs/pictures/, or compare them with `--check`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools import assembly
from tools.assembly import Assembly
from tools.site.pictures import architecture_svg, graph_of

FOLDER = ROOT / "docs" / "pictures"


def main(arguments: list[str] | None = None) -> int:
    """Draw each checked-in picture; 1 if `--check` finds one that differs from the templates."""
    parser = argparse.ArgumentParser(prog="python -m tools.site.pictures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check: bool = parser.parse_args(arguments).check
    stale = redraw(assembly.synthesise("sandbox"), FOLDER, check=check)
    if check and stale:
        names = ", ".join(f"docs/pictures/{path.name}" for path in stale)
        sys.stderr.write(
            f"{names}: the templates have changed since."
            " Run `python -m tools.site.pictures` and commit what it writes.\n"
        )
    return 1 if check and stale else 0


def redraw(sandbox: Assembly, folder: Path, *, check: bool = False) -> list[Path]:
    """The pictures of `folder` that differ from the templates; rewritten unless `check`."""
    stale = []
    for path, svg in _drawn(sandbox, folder):
        if path.read_text() != svg:
            stale.append(path)
            if not check:
                path.write_text(svg)
    return stale


def _drawn(sandbox: Assembly, folder: Path) -> Iterator[tuple[Path, str]]:
    """A picture is checked in where a README shows it, so not of every architecture."""
    for path in sorted(folder.glob("*.svg")):
        if path.stem in ARCHITECTURES:
            yield path, architecture_svg(graph_of(path.stem, sandbox), tall=False)


if __name__ == "__main__":
    sys.exit(main())
