"""`make mutants COUNT=100`: which changes of workflows and policies no test notices. Takes hours.

Not part of `make test`. Each mutant is tried in a copy of the repository: by the tests of its own
architecture, then by all that need no local AWS, and, with --local, by the tests of the local AWS.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from repository import ROOT
from tools.mutation.mutants import Mutant, mutants

_ENVIRONMENTS = (".build", ".venv", ".venv-local", ".venv-model", "node_modules")
# What could see a change of a workflow or a stack without a local AWS.
_UNIT = ["tests/step_functions", "tests/iam", "tests/stacks", "tests/lambdas/test_settings.py"]
_LOCAL = ["tests/step_functions", "tests/local"]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def main(
    count: Annotated[int, typer.Option(help="How many mutants.")] = 100,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 1,
    local: Annotated[bool, typer.Option("--local", help="Try survivors in the local AWS.")] = False,
) -> None:
    """Try mutants one by one; print the survivors and the share that was noticed."""
    chosen = mutants(ROOT, count, seed)
    by_unit_tests, survivors = 0, []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = _copy(Path(folder))
        for number, mutant in enumerate(chosen, start=1):
            verdict = _verdict(copy, mutant, local)
            by_unit_tests += verdict == "unit tests"
            if verdict == "nobody":
                survivors.append(mutant)
            console.print(f"{number}/{len(chosen)} noticed by {verdict}: {mutant.name}")
    console.print(
        f"\n{len(chosen) - len(survivors)} of {len(chosen)} noticed, {by_unit_tests} without a"
        " local AWS. Survivors:"
    )
    for mutant in survivors:
        console.print(f"  {mutant.name}")


def _verdict(copy: Path, mutant: Mutant, local: bool) -> str:
    path = copy / mutant.path
    original = path.read_text()
    path.write_text(mutant.text)
    try:
        # The tests of the mutant's own architecture notice most, in a tenth of the time of all.
        if not _pass(copy, ["-m", "not local", *_nearest(copy, mutant)]):
            return "unit tests"
        if not _pass(copy, ["-m", "not local", *_UNIT]):
            return "unit tests"
        if local and not _pass(copy, ["-m", "local", *_LOCAL]):
            return "the local AWS"
        return "nobody"
    finally:
        path.write_text(original)


def _nearest(copy: Path, mutant: Mutant) -> list[str]:
    """The test folders of the mutant's own architecture, or those that all architectures pass."""
    tree, folder = mutant.path.parts[:2]
    own = [f"tests/{tree}/{folder}"] if (copy / "tests" / tree / folder).is_dir() else []
    return [*own, "tests/stacks/test_promises.py" if tree == "stacks" else "tests/iam"]


def _pass(copy: Path, arguments: Sequence[str]) -> bool:
    python = str(copy / ".venv" / "bin" / "python")
    command = [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
    variables = {**os.environ, "PYTHONPYCACHEPREFIX": str(copy / "pycache")}
    process = subprocess.run(  # noqa: S603 -- our own command
        command, cwd=copy, env=variables, capture_output=True, check=False
    )
    return process.returncode == 0


def _copy(folder: Path) -> Path:
    """The tracked files, beside links to the environments."""
    copy = folder / "repository"
    listing = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 -- whichever git there is
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listing.stdout.split("\0")):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    for environment in _ENVIRONMENTS:
        (copy / environment).symlink_to(ROOT / environment)
    return copy


if __name__ == "__main__":
    app()
