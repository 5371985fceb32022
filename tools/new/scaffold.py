"""The files of a new architecture: those of `template/`, under the name of the new one.

The template is a working architecture called `sample-architecture`; its name is replaced in paths
and contents. Outside the folders of the new name, one row of the README and one line of the
CHANGELOG are added.
"""

import re
import subprocess
import sys
from pathlib import Path

from repository import ROOT

TEMPLATE = Path(__file__).with_name("template")
_SAMPLE = "sample-architecture"
_SUMMARY = "counts the objects of a bucket on schedule"
_TABLE_END = "<!-- /architectures -->"
_ADDED = "### Added\n\n"


class ScaffoldError(Exception):
    """A name that cannot be used. The message is for the user."""


def create(name: str, root: Path = ROOT) -> str:
    """Write the architecture `name` below `root`; returns what to do next.

    Raises ScaffoldError, before anything is written.
    """
    _check(name, root)
    files = {
        root / _renamed(str(source.relative_to(TEMPLATE)).removesuffix(".tmpl"), name): _renamed(
            source.read_text(), name
        )
        for source in sorted(TEMPLATE.rglob("*.tmpl"))
    }
    if existing := [str(file.relative_to(root)) for file in files if file.exists()]:
        raise ScaffoldError(f"ARCH={name}: {existing[0]} exists already; nothing was written.")
    edits = {
        root / "README.md": (
            _TABLE_END,
            f"{readme_row(name, _SUMMARY, [_class(name)])}\n{_TABLE_END}",
        ),
        root / "CHANGELOG.md": (_ADDED, f"{_ADDED}- `{_class(name)}`: {_SUMMARY}.\n"),
    }
    for file, (place, _) in edits.items():
        if place not in file.read_text():
            raise ScaffoldError(f"{file.name} has no {place.strip()!r}, where the new line goes.")
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for file, (place, replacement) in edits.items():
        file.write_text(file.read_text().replace(place, replacement, 1))
    _lint([str(file) for file in files if file.suffix == ".py"], root)
    folder = _folder(name)
    return (
        f"Wrote {len(files)} files. Start with stacks/{folder}/stack.py, then:\n"
        f"  make synth ARCH={name}\n"
        f"  make demo ARCH={name}\n"
        f"  make test ARCH={name}\n"
        "  make docs   (draws its picture for the site)\n"
        "  make lint   (says what an architecture lacks)"
    )


def readme_row(name: str, summary: str, stack_names: list[str]) -> str:
    """The row of an architecture in the README's table."""
    stacks = ", ".join(f"`{stack_name}`" for stack_name in stack_names)
    return f"| [{name}](stacks/{_folder(name)}/) | {summary} | {stacks} |"


def _check(name: str, root: Path) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 40:
        raise ScaffoldError(
            f"ARCH={name}: name the architecture in lower-case words with hyphens, at most 40"
            " characters: make new ARCH=my-architecture"
        )
    if (root / "stacks" / _folder(name)).exists() or _folder(name) == "shared":
        raise ScaffoldError(f"ARCH={name}: stacks/{_folder(name)}/ exists already.")


def _lint(files: list[str], root: Path) -> None:
    """Sort imports and break lines, which depend on the name."""
    for command in (["check", "--fix", "--exit-zero"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", *files]
        subprocess.run(ruff, cwd=root, check=True)


def _renamed(text: str, name: str) -> str:
    sentence = name.replace("-", " ")
    replacements = {
        _SAMPLE: name,
        _folder(_SAMPLE): _folder(name),
        _folder(_SAMPLE).upper(): _folder(name).upper(),
        _class(_SAMPLE): _class(name),
        "Sample architecture": sentence.capitalize(),
        "the sample architecture": f"the {sentence}",
    }
    for sample, replacement in replacements.items():
        text = text.replace(sample, replacement)
    return text


def _folder(name: str) -> str:
    return name.replace("-", "_")


def _class(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
