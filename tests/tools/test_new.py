"""`make new` writes an architecture that works: synth, gate, plan, page, lint and its tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.catalogue import ARCHITECTURES
from tools import types
from tools.new.scaffold import ScaffoldError, create

NAME, FOLDER, STACK = "tide-tables", "tide_tables", "TideTables"
# Of what `make lint` runs, and of what all architectures share, the tests that read its files.
_READERS = (
    "test_architectures.py",
    "test_layers.py",
    "test_lint.py",
    "test_names.py",
    "test_platforms.py",
    "lambdas/test_settings.py",
    "stacks/test_promises.py",
)
# Pages of the others, and MkDocs, take a minute: `tests/tools/site` builds these.
_PAGE = """
import re, sys
from pathlib import Path
from tools.costs import sensitivity
from tools.site import architecture_page, build, links, sources
name = sys.argv[1]
changes = sensitivity.ranked([name])
made_from = architecture_page.Sources(build.assemblies(), changes, Path("reports"))
page = architecture_page.page(name, made_from)
pages = {links.code_page(path).removesuffix(".md") for path in sources.sources()}
pages |= {path.removesuffix(".md") for path, _ in build._pages() if "/" not in path}
for target in re.findall(r'(?:href="|\\]\\()\\.\\./([^"#)]+)', page):
    assert re.sub(r"\\.(md|html)$", "", target) in pages or Path(target).exists(), target
print(page)
"""


def _environment() -> dict[str, str]:
    """Without pytest's own: a run inside this one would share what it makes with other runs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def run(folder: Path, *command: str) -> str:
    """The output of a command in `folder`; it must succeed."""
    process = subprocess.run(
        command,
        cwd=folder,
        env={**_environment(), "PATH": f"{folder}/.venv/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout + process.stderr


def _tests() -> list[str]:
    own = [f"tests/{area}/{FOLDER}" for area in ("stacks", "lambdas", "local")]
    return [*own, *(f"tests/{file}" for file in _READERS)]


def commit(folder: Path) -> None:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    run(folder, "git", "init", "-q")
    # Links to environments, which .gitignore names as folders.
    (folder / ".git" / "info" / "exclude").write_text(".build\n.venv*\nnode_modules\n")
    run(folder, "git", "add", "-A")
    run(folder, "git", *author, "commit", "-qm", "As it is")


@pytest.mark.local
@pytest.mark.timeout(900)
def test_a_new_architecture_works_at_once(repository_copy: Path) -> None:
    python = f"{repository_copy}/.venv/bin/python"
    commit(repository_copy)
    assert "Wrote" in run(repository_copy, python, "-m", "tools.new", NAME)

    changed = run(repository_copy, "git", "status", "--porcelain", "--untracked-files=all")
    outside = {
        line.split(maxsplit=1)[1]
        for line in changed.splitlines()
        if FOLDER not in line and NAME not in line
    }
    assert outside == {"README.md", "CHANGELOG.md"}

    # Synth and gate, by the app itself.
    output = run(repository_copy, "make", "synth", f"ARCH={NAME}", "SETTINGS=alarm_email=none")
    assert f"{STACK}.template.json" in output
    assert "Warning" not in output

    output = run(repository_copy, "make", "plan", f"ARCH={NAME}")
    assert STACK in output

    # Its own tests, its demo on the local AWS, and what every architecture promises.
    others = " or ".join(manifest.folder for manifest in ARCHITECTURES.values())
    run(repository_copy, python, "-m", "pytest", "-q", *_tests(), "-m", f"not ({others})")
    files = [line.split(maxsplit=1)[1] for line in changed.splitlines() if line.endswith(".py")]
    run(repository_copy, f"{repository_copy}/.venv/bin/ruff", "check", *files)
    run(repository_copy, f"{repository_copy}/.venv/bin/ruff", "format", "--check", *files)
    # With what `make style` knows already, or is finding out beside the tests; from nothing, mypy
    # takes two minutes.
    with types.lock():
        if types.CACHE.exists():
            shutil.copytree(types.CACHE, repository_copy / types.CACHE.name)
    run(repository_copy, f"{repository_copy}/.venv/bin/mypy", *files)

    # The site has a page for it, whose links lead to pages.
    assert "GB seconds" in run(repository_copy, python, "-c", _PAGE, NAME)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "name the architecture in lower-case words"),
        ("Tide-Tables", "name the architecture in lower-case words"),
        ("tide_tables", "name the architecture in lower-case words"),
        ("streaming-lake", "stacks/streaming_lake/ exists already"),
        ("shared", "stacks/shared/ exists already"),
    ],
)
def test_a_wrong_name_writes_nothing(name: str, sentence: str, repository_copy: Path) -> None:
    with pytest.raises(ScaffoldError, match=sentence):
        create(name, repository_copy)
    status = subprocess.run(
        [sys.executable, "-c", "import pathlib; print(list(pathlib.Path('.').glob('stacks/*')))"],
        cwd=repository_copy, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "tide" not in status.stdout
