"""The notebook's scripts use nothing that is newer than the instance's Python.

Amazon Linux 2023 has Python 3.9. Ruff holds the syntax to it (`ruff.toml` beside the scripts), mypy
the standard library to 3.10, its oldest: what came with 3.11 is found.
"""

import os
import subprocess
from pathlib import Path

import pytest

from repository import ROOT

pytestmark = pytest.mark.lint
FOLDER = ROOT / "stacks" / "ml_platform" / "notebook" / "lifecycle"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def check(script: Path) -> str:
    """What mypy finds in a script, empty if nothing."""
    # The script alone: its package is ours, and does not run there.
    command = ["mypy", "--follow-imports=skip", "--ignore-missing-imports"]
    # No cache: what other options have left there is an internal error of mypy.
    command += ["--cache-dir", os.devnull, "--python-version", "3.10", "--no-error-summary"]
    command.append(str(script))
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return process.stdout + process.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_a_script_runs_on_the_instances_python(script: Path) -> None:
    assert check(script) == ""


def test_what_came_later_is_found(tmp_path: Path) -> None:
    script = tmp_path / "late.py"
    script.write_text("from datetime import UTC\n\nNOW = UTC\n")
    assert 'has no attribute "UTC"' in check(script)
