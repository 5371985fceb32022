"""What all tests share: one synth per environment, marks and order, copies of the repository."""

import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A synth copies 200 MB of assets that no template test reads: minutes and gigabytes in all.
os.environ["CDK_CONTEXT_JSON"] = '{"aws:cdk:disable-asset-staging": true}'

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools import assembly
from tools.assembly import paths, readable

__all__ = ["BY_ARCHITECTURE", "Templates", "flat", "paths", "readable", "resources"]

# jsii keeps every construct: looking for garbage as often as by default takes a sixth of a synth.
gc.set_threshold(100_000, 20, 100)

# The same examples in every run; HYPOTHESIS_PROFILE=fresh looks for new ones.
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.register_profile("fresh", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))

Templates = Callable[..., dict[str, Any]]
# File -> seconds, as RECORD_DURATIONS=yes wrote it; a new file counts as long.
DURATIONS = Path(__file__).with_name("durations.json")
# For parametrised tests: `make test ARCH=` runs those of an architecture.
BY_ARCHITECTURE = [
    pytest.param(name, marks=getattr(pytest.mark, manifest.folder))
    for name, manifest in ARCHITECTURES.items()
]
# Folders whose files share what a worker keeps: syntheses of their own, a Spark.
_ON_ONE_WORKER = (Path("tests/iam"), Path("tests/spark_jobs"))
_ENVIRONMENTS = (
    ".venv", ".venv-local", ".venv-mlflow", ".venv-model", ".venv-speech", ".venv-text",
)  # fmt: skip


@pytest.fixture(autouse=True)
def recursion_limit() -> None:
    """CPython's default, on which `too_deep` rests: jsonata raises it for the whole process."""
    sys.setrecursionlimit(1_000)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run that all workers share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def once_for_all_workers(shared: Path, key: object, make: Callable[[], Any]) -> Any:
    """What `make` returns, a JSON document: the first worker that asks makes it, others read it.

    `key`: what it depends on, beside the sources, which do not change while tests run.
    """
    file = shared / f"{sha256(repr(key).encode()).hexdigest()}.json"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            # Half a document of a test that was interrupted is none.
            file.with_suffix(".partial").write_text(json.dumps(make()))
            file.with_suffix(".partial").rename(file)
    return json.loads(file.read_text())


@pytest.fixture(scope="session")
def synthesise(shared: Path) -> Templates:
    """Stack name -> template, of one environment and settings; each is synthesised once.

    Settings of architectures change these alone, so no others are synthesised with them.
    """

    @cache
    def once(env: str, *settings: tuple[str, str]) -> dict[str, Any]:
        owners = [_owner(name) for name, _ in settings]
        only = sorted(set(filter(None, owners))) if all(owners) else []

        def templates() -> dict[str, Any]:
            return dict(assembly.synthesise(env, dict(settings), only=only).templates)

        return dict(once_for_all_workers(shared, ("synth", env, settings), templates))

    return once


def _owner(setting: str) -> str | None:
    """The architecture whose setting it is, None if all have it."""
    group = setting.rpartition(".")[0]
    owners = [
        name
        for name, manifest in ARCHITECTURES.items()
        if group in {settings.name for settings in manifest.settings}
    ]
    return owners[0] if owners else None


@pytest.fixture
def repository_copy(tmp_path: Path) -> Path:
    """The tracked files in a folder of the test, beside links to the environments.

    Modification times are kept, so that `make` has nothing to set up there: it would rebuild the
    environments behind the links.
    """
    ready = subprocess.run(["make", "-q", ".build/test.stamp"], cwd=ROOT, check=False)
    assert ready.returncode == 0, "requirements have changed: run make .build/test.stamp first"
    folder = tmp_path / "repository"
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for shared in (".build", "node_modules"):
        (folder / shared).symlink_to(ROOT / shared)
    # Without .venv-speech or .venv-text, recorded answers take their place.
    for environment in filter(lambda name: (ROOT / name).exists(), _ENVIRONMENTS):
        _share_environment(ROOT / environment / "bin", folder / environment / "bin")
    return folder


def _share_environment(programs: Path, folder: Path) -> None:
    """Links to the programs of a virtual environment, whose Python knows where it really is.

    Behind a linked folder, its packages would be compiled anew for each copy: ten seconds and
    130 MB.
    """
    folder.mkdir(parents=True)
    for program in programs.iterdir():
        if program.name.startswith("python"):
            (folder / program.name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
            (folder / program.name).chmod(0o755)
        else:
            (folder / program.name).symlink_to(program)


def pytest_configure(config: pytest.Config) -> None:
    for name, manifest in ARCHITECTURES.items():
        config.addinivalue_line("markers", f"{manifest.folder}: tests of {name} (by folder)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark by architecture, keep a file's tests on one worker, and start the longest file first.

    Otherwise one worker is still at a long file when the other has nothing left to do. A run that
    ends at the first failure (`-x`) starts with the shortest.
    """
    for item in items:
        path = item.path.relative_to(ROOT)
        for part in path.parts:
            if part in {manifest.folder for manifest in ARCHITECTURES.values()}:
                item.add_marker(part)
        if not item.get_closest_marker("xdist_group"):
            together = next((folder for folder in _ON_ONE_WORKER if folder in path.parents), path)
            item.add_marker(pytest.mark.xdist_group(str(together)))
    seconds = json.loads(DURATIONS.read_text()) if DURATIONS.exists() else {}
    by_group: dict[str, float] = defaultdict(float)
    for group, file in {(_group(item), str(item.path.relative_to(ROOT))) for item in items}:
        by_group[group] += seconds.get(file, 60)
    items.sort(key=lambda item: by_group[_group(item)], reverse=not config.getoption("maxfail"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop if xdist does not mark the groups: each worker would deploy everything."""
    if getattr(session.config.option, "loadgroup", False):
        assert all("@" in item.nodeid for item in session.items), "xdist marks no groups"


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0] if marker and marker.args else item.path)


_seconds: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid.partition("::")[0]] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """RECORD_DURATIONS=yes: keep the seconds of each file for the order of later runs."""
    if os.environ.get("RECORD_DURATIONS") and not hasattr(session.config, "workerinput"):
        seconds = json.loads(DURATIONS.read_text()) if DURATIONS.exists() else {}
        seconds |= {file: round(spent, 1) for file, spent in _seconds.items() if spent >= 1}
        DURATIONS.write_text(json.dumps(seconds, indent=1, sort_keys=True) + "\n")


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Construct path -> resource, of one type."""
    names = paths(template)
    return {
        names[logical_id]: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def flat(text: Any) -> str:
    """Any part of a template as one string, to search in."""
    return json.dumps(text, sort_keys=True)
