"""Names say what they hold: no variable is called by a pronoun or a participle alone."""

import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from repository import ROOT

pytestmark = pytest.mark.lint

# fmt: off
VAGUE = frozenset([
    "asked", "both", "done", "each", "found", "given", "it", "kept", "known", "left", "lent",
    "listed", "made", "meant", "named", "needed", "one", "other", "others", "own", "placed", "rest",
    "said", "seen", "sent", "shown", "taken", "that", "this", "those", "told", "tried", "wanted",
    "what", "which", "who", "written",
])
# fmt: on
# Share of all assigned names and parameters.
LIMIT = 0.003


def assigned_names(file: Path) -> Iterator[tuple[str, int]]:
    """Every name that is assigned or a parameter, with its line."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno


def test_names_carry_their_domain() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    names = [
        (name.strip("_"), f"{file.relative_to(ROOT)}:{line}: {name}")
        for file in files
        if file.exists()
        for name, line in assigned_names(file)
    ]
    vague = [place for name, place in names if name in VAGUE]
    by_file = Counter(place.partition(":")[0] for place in vague)
    report = "\n".join(
        [*vague[:40], *(f"{count} in {file}" for file, count in by_file.most_common())]
    )
    assert len(vague) / len(names) < LIMIT, (
        f"{len(vague)} of {len(names)} names are vague:\n{report}"
    )
