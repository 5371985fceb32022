"""Which tests may notice a mutant, the nearest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT
from stacks.catalogue import ARCHITECTURES

UNIT, SCRIPTED, LOCAL, NOBODY = "unit tests", "scripted workflows", "the local AWS", "nobody"
_FOLDERS = {manifest.folder for manifest in ARCHITECTURES.values()}
_GATE = "stacks/shared/gate"
_PROMISES = (
    "tests/stacks/test_promises.py",
    "tests/stacks/test_promises_of_care.py",
    "tests/stacks/test_relations.py",
)
# What reads the templates of all architectures, and what tries every setting.
_LIMITS = ("tests/stacks/test_api_limits.py", "tests/lambdas/test_settings.py")
_SETTINGS = (
    "tests/stacks/test_environments.py",
    "tests/stacks/test_relations.py",
    "tests/tools/costs/test_idle.py",
    "tests/tools/costs/test_budget.py",
)


@dataclass(frozen=True)
class Stage:
    """Tests that are about as near to a mutant."""

    by: str
    """Who notices, if one of them fails."""
    paths: tuple[str, ...]
    """Files and folders of tests, relative to the repository."""
    keyword: str = ""
    """What the id of a test holds."""
    without_keyword: str = ""
    """Files whose tests need no keyword."""

    def holds(self, test: str, *, local: bool) -> bool:
        """Whether it has a test, by its id, and whether that starts a local AWS."""
        file = test.partition("::")[0]
        named = self.keyword in test or (self.without_keyword in file and self.without_keyword)
        return (
            local is (self.by != UNIT)
            and bool(named)
            and any(Path(file).is_relative_to(path) for path in self.paths)
        )


def stages(mutated: Path, *, local: bool = False) -> list[Stage]:
    """The tests that may notice a change of a file; those of the local AWS if `local`."""
    tree, folder = mutated.parts[:2]
    of_tree = _of_workflow(mutated) if tree == "step_functions" else _of_stack(mutated)
    of_local_aws = f"tests/local/{folder}" if folder in _FOLDERS else "tests/local"
    deployed = Stage(LOCAL, (of_local_aws,))
    return [*of_tree, *([deployed] if local else [])]


def _of_workflow(mutated: Path) -> Iterator[Stage]:
    folder, name = mutated.parts[1], mutated.name.partition(".")[0]
    yield Stage(UNIT, ("tests/step_functions", "tests/iam"), f"[{folder}/{name}")
    scenarios = f"tests/step_functions/{folder}"
    yield Stage(
        SCRIPTED,
        ("tests/step_functions/test_errors.py", scenarios),
        f"{folder}/{name}",
        without_keyword=scenarios,
    )
    yield Stage(UNIT, ("tests/step_functions", "tests/iam", f"tests/stacks/{folder}", *_PROMISES))


def _of_stack(mutated: Path) -> Iterator[Stage]:
    if mutated.is_relative_to(_GATE):
        yield Stage(UNIT, ("tests/stacks/shared/gate", "tests/stacks/test_gate.py"))
        yield Stage(UNIT, ("tests/stacks/test_gate_breadth.py", *_PROMISES))
        return
    folder = mutated.parts[1]
    tests = ROOT / "tests" / "stacks"
    # Of the mutated box: stacks/ml_platform/network/..., stacks/shared/bundle.py.
    names = {mutated.stem, *mutated.parent.parts[2:]}
    boxes = [
        file
        for file in tests.glob(f"{folder}/*.py" if folder in _FOLDERS else "*.py")
        if any(name in file.stem for name in names)
    ]
    yield Stage(UNIT, tuple(str(file.relative_to(ROOT)) for file in boxes))
    yield Stage(UNIT, ("tests/iam", "tests/stacks/test_roles_match_code.py"))
    folders = {folder} if folder in _FOLDERS else _FOLDERS
    yield Stage(UNIT, (*(f"tests/stacks/{name}" for name in sorted(folders)), *_PROMISES))
    is_settings = mutated.stem in ("settings", "environments")
    yield Stage(UNIT, (*_LIMITS, *(_SETTINGS if is_settings else ())))
