"""`python -m tools.plan`, run in a copy of the project with a history of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repository import ROOT

_NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".build",
    ".venv*",
    "node_modules",
    "cdk.out",
    "site",
    ".*_cache",
    "__pycache__",
    ".sandbox*",
    "reports",
)
SETTINGS = Path("settings") / "streaming_lake.py"
RETENTION = "Field(ge=24, le=8760)] = 24"


def _git(folder: Path, *arguments: str) -> None:
    person = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work tree as the only commit of a new repository."""
    folder = tmp_path_factory.mktemp("plan") / "project"
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED, symlinks=True)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "As it is")
    (folder / ".build").mkdir()
    for shared in (".venv", "node_modules", ".build/bundles", ".build/bootstrap"):
        (folder / shared).symlink_to((ROOT / shared).resolve())
    return folder


def _plan(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plan", *arguments],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _keeping(project: Path, hours: str) -> None:
    file = project / SETTINGS
    text = (ROOT / SETTINGS).read_text()
    assert RETENTION in text
    file.write_text(text.replace(RETENTION, RETENTION.replace("= 24", f"= {hours}")))


def test_an_unchanged_work_tree_says_that_nothing_changes(project: Path) -> None:
    _keeping(project, "24")
    done = _plan(project)
    assert done.returncode == 0, done.stderr
    assert "Nothing changes." in done.stdout
    assert (project / ".build" / "plan" / "plan.md").exists()


def test_a_change_of_a_setting_is_told_as_the_readme_shows_it(project: Path) -> None:
    _keeping(project, "48")
    done = _plan(project, "--arch", "streaming-lake", "--markdown")
    assert done.returncode == 0, done.stderr
    readme = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```markdown\n(.*?)```", readme, re.DOTALL)
    for line in example.splitlines():
        if line != "...":
            assert re.sub(r"HEAD \(\w+\)", "HEAD", line) in re.sub(
                r"HEAD \(\w+\)", "HEAD", done.stdout
            )


def test_the_terminal_names_the_file_for_the_pull_request(project: Path) -> None:
    _keeping(project, "48")
    done = _plan(project, "--arch", "streaming-lake")
    assert "For a pull request: .build/plan/plan.md" in done.stdout
    assert "RetentionPeriodHours" in (project / ".build" / "plan" / "plan.md").read_text()
    assert "Retention" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "nowhere"], "BASE=nowhere: git knows no such revision here"),
        (["--arch", "lake"], "ARCH=lake: no such architecture; use one of streaming-lake"),
        (["--env", "moon"], "ENV=moon: no such environment; use one of local, sandbox"),
    ],
)
def test_what_does_not_exist_is_one_clear_sentence(
    project: Path, arguments: list[str], said: str
) -> None:
    done = _plan(project, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {said}")
    assert done.stderr.count("\n") == 1


def test_a_base_that_does_not_synthesise_is_told_with_its_message(project: Path) -> None:
    _keeping(project, "1")
    _git(project, "commit", "--quiet", "--all", "--message", "Break it")
    try:
        _keeping(project, "24")
        done = _plan(project)
    finally:
        _git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert done.returncode == 1
    assert re.match(r"Error: HEAD \(\w+\) does not synthesise for sandbox: ", done.stderr)
    assert "retention_hours" in done.stderr


def test_a_work_tree_that_does_not_synthesise_is_told(project: Path) -> None:
    _keeping(project, "1")
    try:
        done = _plan(project)
    finally:
        _keeping(project, "24")
    assert done.stderr.startswith("Error: The work tree does not synthesise for sandbox: ")


def test_without_a_repository_there_is_nothing_to_compare_with(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(project / "none"))
    done = _plan(project)
    assert done.returncode == 1
    assert "is no git repository" in done.stderr
