"""Tries a mutant in a copy of the repository."""

import json
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
from tools.mutation.order import MUTATED, NOTICED, WITH_LOCAL

_ENVIRONMENTS = (
    ".build", ".venv", ".venv-local", ".venv-mlflow", ".venv-model", ".venv-sagemaker-sdk",
    ".venv-speech", ".venv-text", "node_modules",
)  # fmt: skip
_FAILED = re.compile(rf"^{NOTICED}(.+?): (tests/.*)$", re.MULTILINE)
_NO_TESTS = 5
_RUNS = 8
"""Of one server: its JavaScript keeps what every run synthesised."""


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
        self._server: _Server | None = None
        for environment in _ENVIRONMENTS:
            (self._copy / environment).symlink_to(ROOT / environment)

    def verdict(self, mutant: Mutant, *, local: bool = False) -> Verdict:
        """Who notices `mutant`. Raises TrialError if pytest does not run."""
        near = stages(mutant.path, local=local)
        paths = sorted({path for stage in near for path in stage.paths})
        variables = {MUTATED: str(mutant.path), WITH_LOCAL: "yes" if local else ""}
        with _Changed(self._copy, mutant):
            failed = self._failures(["-x", *paths], variables)
        return failed[0] if failed else Verdict(NOBODY)

    def failing_anyway(self, tests: Iterable[str]) -> list[str]:
        """Those of `tests` that fail without any mutant, too: they have noticed none."""
        ids = sorted(set(tests))
        return [failed.test for failed in self._failures(ids, {MUTATED: ""})] if ids else []

    def changes_templates(self, mutant: Mutant) -> bool:
        """Whether a template of an environment at its default settings differs, or fails."""
        unchanged = self._templates
        with _Changed(self._copy, mutant):
            return self._digests() != unchanged

    @cached_property
    def _templates(self) -> str:
        return self._digests()

    def _digests(self) -> str:
        process = subprocess.run(
            [sys.executable, "-m", "tools.mutation.templates"],
            cwd=self._copy, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return process.stdout or process.stderr

    def _failures(self, arguments: Iterable[str], variables: Mapping[str, str]) -> list[Verdict]:
        """The tests that fail, in their order."""
        options = ["-q", "-p", "no:cacheprovider", "-p", "tools.mutation.order", *arguments]
        if self._server is None or self._server.runs >= _RUNS:
            self.close()
            self._server = _Server(self._copy)
        status, output = self._server.run(options, variables)
        if status in (0, _NO_TESTS):
            return []
        failed = [Verdict(by, test) for by, test in _FAILED.findall(output)]
        if not failed:
            raise TrialError(f"pytest {' '.join(options)}:\n{output}")
        return failed

    def close(self) -> None:
        """Stop what runs beside this process."""
        if self._server:
            self._server.stop()
            self._server = None


class _Server:
    """A process that runs pytest in forks of itself."""

    def __init__(self, copy: Path) -> None:
        self._output = copy.parent / "output.txt"
        # With the environment's own Python its packages are compiled already.
        self._process = subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-m", "tools.mutation.server", str(copy.parent / "modules.txt")],
            cwd=copy, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.runs = 0

    def run(self, arguments: list[str], variables: Mapping[str, str]) -> tuple[int, str]:
        """The exit code of pytest and what it printed."""
        self.runs += 1
        assert self._process.stdin  # noqa: S101 -- for mypy: it is a pipe
        assert self._process.stdout  # noqa: S101
        request = {"arguments": arguments, "variables": variables, "output": str(self._output)}
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise TrialError("The process that runs pytest has ended: is there memory left?")
        return int(answer), self._output.read_text()

    def stop(self) -> None:
        """End the process, which ends with its input."""
        self._process.communicate()


class _Changed:
    """A context in which the copy holds a mutant."""

    def __init__(self, copy: Path, mutant: Mutant) -> None:
        self._path, self._text = copy / mutant.path, mutant.text
        self._original = self._path.read_text()

    def __enter__(self) -> None:
        self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.write_text(self._original)
