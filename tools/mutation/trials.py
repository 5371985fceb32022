"""Tries a mutant in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from repository import ROOT
from tools.mutation.mutants import Mutant
from tools.mutation.nearness import NOBODY, stages
from tools.mutation.order import MUTATED, WITH_LOCAL

_ENVIRONMENTS = (
    ".build", ".venv", ".venv-local", ".venv-model", ".venv-sagemaker-sdk", "node_modules",
)  # fmt: skip
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.*?)(?: - |$)", re.MULTILINE)
_NO_TESTS = 5


class TrialError(Exception):
    """Pytest did not run the tests."""


@dataclass(frozen=True)
class Verdict:
    """Who noticed a mutant."""

    by: str
    test: str = ""
    """The first test that failed."""


class Trials:
    """A copy of the tracked files, in which mutants are tried one after the other."""

    def __init__(self, folder: Path) -> None:
        self._copy = folder / "repository"
        listing = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 -- whichever git there is
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listing.stdout.split("\0")):
            target = self._copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        for environment in _ENVIRONMENTS:
            (self._copy / environment).symlink_to(ROOT / environment)

    def verdict(self, mutant: Mutant, *, local: bool = False) -> Verdict:
        """Who notices `mutant`. Raises TrialError if pytest does not run."""
        near = stages(mutant.path, local=local)
        paths = sorted({path for stage in near for path in stage.paths})
        variables = {MUTATED: str(mutant.path), WITH_LOCAL: "yes" if local else ""}
        with _Changed(self._copy, mutant):
            failed = self._failures(["-x", "-p", "tools.mutation.order", *paths], variables)
        for stage in near:
            # A module that fails to import has no test of its own, and needs no local AWS.
            for starts_local in (False, True):
                if failed and stage.holds(failed[0], local=starts_local):
                    return Verdict(stage.by, failed[0])
        return Verdict(near[0].by, failed[0]) if failed else Verdict(NOBODY)

    def failing_anyway(self, tests: Iterable[str]) -> list[str]:
        """Those of `tests` that fail without any mutant, too: they have noticed none."""
        ids = sorted(set(tests))
        return self._failures(ids) if ids else []

    def changes_templates(self, mutant: Mutant) -> bool:
        """Whether a template of an environment at its default settings differs, or fails."""
        unchanged = self._templates
        with _Changed(self._copy, mutant):
            return self._digests() != unchanged

    @cached_property
    def _templates(self) -> str:
        return self._digests()

    def _digests(self) -> str:
        process = self._python("tools.mutation.templates")
        return process.stdout or process.stderr

    def _failures(
        self, arguments: Iterable[str], variables: Mapping[str, str] | None = None
    ) -> list[str]:
        """The tests that fail, in their order."""
        options = ["-q", "-p", "no:cacheprovider", *arguments]
        process = self._python("pytest", *options, variables=variables)
        if process.returncode in (0, _NO_TESTS):
            return []
        failed: list[str] = _FAILED.findall(process.stdout)
        if not failed:
            raise TrialError(f"pytest {' '.join(options)}:\n{process.stdout}{process.stderr}")
        return failed

    def _python(
        self, module: str, *arguments: str, variables: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        # With the environment's own path its packages are compiled already.
        return subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "-m", module, *arguments],
            cwd=self._copy, env={**os.environ, **(variables or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip


class _Changed:
    """A context in which the copy holds a mutant."""

    def __init__(self, copy: Path, mutant: Mutant) -> None:
        self._path, self._text = copy / mutant.path, mutant.text
        self._original = self._path.read_text()

    def __enter__(self) -> None:
        self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.write_text(self._original)
