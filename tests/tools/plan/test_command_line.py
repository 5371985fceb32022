"""`python -m tools.plan`, run in a copy of the project with a history of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from repository import ROOT
from stacks.streaming_lake.settings import STREAMING_LAKE
from tools.plan.cli import app

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".build", ".venv*", "node_modules", "cdk.out", "site", ".*_cache", "__pycache__",
    ".local*", "reports",
)  # fmt: skip
FILE = Path("stacks") / "streaming_lake" / "settings.py"
RETENTION = "Field(ge=24, le=8760)] = 24"
# The start of a run of an app from before `-c arch=`.
OLD_APP = """
import json, os, sys
if "arch" in json.loads(os.environ["CDK_CONTEXT_JSON"]):
    sys.exit("-c arch: no such setting. Use env, name_prefix.")
"""


def _git(folder: Path, *arguments: str) -> None:
    person = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work tree as the only commit of a new repository."""
    folder = tmp_path_factory.mktemp("plan") / "project"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "The work tree")
    # Links to environments, which .gitignore names as folders.
    (folder / ".git" / "info" / "exclude").write_text(".venv\nnode_modules\n")
    (folder / ".build").mkdir()
    for shared in (".venv", "node_modules", ".build/bundles", ".build/bootstrap"):
        (folder / shared).symlink_to((ROOT / shared).resolve())
    return folder


def _plan(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.plan", *arguments],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _set_retention(project: Path, hours: str) -> None:
    text = (ROOT / FILE).read_text()
    assert RETENTION in text
    (project / FILE).write_text(text.replace(RETENTION, RETENTION.replace("= 24", f"= {hours}")))


def test_an_unchanged_work_tree_says_that_nothing_changes(project: Path) -> None:
    _set_retention(project, "24")
    process = _plan(project)
    assert process.returncode == 0, process.stderr
    assert "Nothing changes." in process.stdout
    assert (project / ".build" / "plan" / "plan.md").exists()


def test_what_was_planned_is_not_synthesised_again_once_it_is_committed(project: Path) -> None:
    _set_retention(project, "48")
    assert _plan(project, "--arch", "streaming-lake").returncode == 0
    synthesised = _synthesised(project)
    _git(project, "commit", "--quiet", "--all", "--message", "Keep events for longer")
    try:
        process = _plan(project, "--arch", "streaming-lake")
    finally:
        _git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert "Nothing changes." in process.stdout
    assert _synthesised(project) == synthesised


def _synthesised(project: Path) -> dict[Path, int]:
    """When each folder of templates was written."""
    folders = (project / ".build" / "plan").glob("*/sandbox-*")
    return {folder: folder.stat().st_mtime_ns for folder in folders}


def test_a_changed_setting_is_listed_before_and_after(project: Path) -> None:
    _set_retention(project, "48")
    process = _plan(project, "--arch", "streaming-lake")
    assert process.returncode == 0, process.stderr
    assert "Retention" in process.stdout
    assert "For a pull request: .build/plan/plan.md" in process.stdout
    page = (project / ".build" / "plan" / "plan.md").read_text()
    assert re.match(r"## streaming-lake in sandbox: the work tree against HEAD \(\w{7}\)\n", page)
    assert "| StreamingLake/Ingestion/Events | RetentionPeriodHours | 24 | 48 |" in page
    (before, after, change) = re.findall(
        r"\| streaming-lake \| ([\d.]+) \| ([\d.]+) \| \+([\d.]+) \|", page
    )[0]
    assert float(after) - float(before) == pytest.approx(float(change))


def test_only_the_chosen_architecture_is_synthesised(project: Path) -> None:
    _set_retention(project, "24")
    assert _plan(project, "--arch", "language-chain").returncode == 0
    written = _synthesised(project)
    newest = max(written, key=written.__getitem__)
    assert [file.name for file in newest.glob("*.template.json")] == ["LanguageChain.template.json"]


def test_settings_apply_to_both_sides(project: Path) -> None:
    assert STREAMING_LAKE.sandbox.shards == 1
    _set_retention(project, "48")
    process = _plan(
        project, "--arch", "streaming-lake", "--set", "streaming_lake.shards=2", "--markdown"
    )
    assert process.returncode == 0, process.stderr
    assert "ShardCount" not in process.stdout
    assert "streaming-lake in sandbox, streaming_lake.shards=2: the work tree" in process.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base", "nowhere"], "BASE=nowhere: no such revision"),
        (["--arch", "lake"], "ARCH=lake: no such architecture. Use language-chain"),
        (["--env", "moon"], "ENV=moon: no such environment. Use local, sandbox"),
        (["-c", "shards"], "SETTINGS=shards: write key=value"),
        (["-c", "lake.shards=2"], "-c lake.shards: no such setting"),
        (["--set", "streaming_lake.shards=0"], "-c streaming_lake.shards=0: "),
    ],
)
def test_an_unknown_value_is_one_sentence(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1


def test_a_base_that_does_not_synthesise_is_named_with_its_message(project: Path) -> None:
    _set_retention(project, "1")
    _git(project, "commit", "--quiet", "--all", "--message", "Break it")
    try:
        _set_retention(project, "24")
        process = _plan(project, "--arch", "streaming-lake")
    finally:
        _git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert process.returncode == 1
    assert re.match(r"Error: HEAD \(\w+\) does not synthesise for sandbox: ", process.stderr)
    assert "retention_hours" in process.stderr


def test_a_work_tree_that_does_not_synthesise_is_named(project: Path) -> None:
    _set_retention(project, "24")
    app = project / "app.py"
    text = app.read_text()
    app.write_text(f"raise RuntimeError('broken')\n{text}")
    try:
        process = _plan(project, "--arch", "streaming-lake")
    finally:
        app.write_text(text)
    assert process.stderr.startswith("Error: The work tree does not synthesise for sandbox: ")
    assert "broken" in process.stderr


def test_a_base_from_before_the_choice_of_architectures_is_compared(project: Path) -> None:
    _set_retention(project, "24")
    app = project / "app.py"
    text = app.read_text()
    app.write_text(OLD_APP + text)
    _git(project, "commit", "--quiet", "--all", "--message", "An older app")
    try:
        app.write_text(text)
        process = _plan(project, "--arch", "language-chain")
    finally:
        _git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert process.returncode == 0, process.stderr
    assert "Nothing changes." in process.stdout


def test_without_a_repository_there_is_nothing_to_compare_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    result = CliRunner().invoke(app)
    assert result.exit_code == 1
    assert "is no Git repository" in result.stderr
