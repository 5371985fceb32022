"""Every command of the README runs, in a copy of the repository or in the test that it names."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from repository import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.strip().splitlines()]
# The whole demo on a slow machine, beside another worker.
DEMO_SECONDS = 1500


def shell(script: str, folder: Path, timeout: int = 580) -> subprocess.CompletedProcess[str]:
    """Run a script in `folder`, as a user would in a checkout."""
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=folder, env=os.environ, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def test_the_readme_has_the_commands_that_are_tested() -> None:
    deploy = "ARCH=streaming-lake ENV=sandbox"
    assert [
        "make demo",
        "make test",
        'make synth ENV=production SETTINGS="alarm_email=on-call@example.com"',
        "make settings",
        "make plan ARCH=streaming-lake",  # tests/tools/plan
        # These need an account: tests/tools/account; produce, verify and replay in tests/local.
        "make doctor ARCH=streaming-lake",
        f'make deploy {deploy} SETTINGS="streaming_lake.shards=2 name_prefix=Blue-"',
        'make produce ARCH=streaming-lake SETTINGS="name_prefix=Blue-"',
        'make verify ARCH=streaming-lake SETTINGS="name_prefix=Blue-"',
        'make replay FROM=2026-11-20-05 TO=2026-11-20-07 SETTINGS="name_prefix=Blue-"',
        'make destroy ARCH=streaming-lake SETTINGS="name_prefix=Blue-"',
        "make docs",  # tests/tools/site
        "make docs-serve",
        "make local",
        "source .local/env",
        "make local-down",
    ] == COMMANDS


def test_the_readme_is_a_page() -> None:
    assert len(README.splitlines()) <= 130


@pytest.mark.local
@pytest.mark.timeout(DEMO_SECONDS)
def test_make_demo_prints_what_the_readme_shows(repository_copy: Path) -> None:
    process = shell("make demo", repository_copy, DEMO_SECONDS - 10)
    assert process.returncode == 0, process.stdout + process.stderr
    (text,) = (block for kind, block in BLOCKS if kind == "text")
    printed = _without_figures(process.stdout)
    for line in text.splitlines():
        if line != "...":
            assert _without_figures(line).strip() in printed, line
    assert "✗" not in process.stdout
    for report in ("streaming-lake", "ml-platform", "language-chain"):
        page = (repository_copy / "reports" / f"{report}.html").read_text()
        (passed, count) = re.findall(r"(\d+) of (\d+) checks passed", page)[0]
        assert passed == count
        assert int(count) >= 12
        assert (repository_copy / "reports" / f"{report}.txt").stat().st_size


def _without_figures(text: str) -> str:
    return re.sub(r"\d[\d,.:]*", "#", re.sub(r" \([\d.]+ s\)", "", text))


def test_synth_writes_templates_of_the_chosen_architecture(repository_copy: Path) -> None:
    command = "make synth ENV=production ARCH=streaming-lake SETTINGS=alarm_email="
    process = shell(f"{command}on-call@example.com", repository_copy)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.split()[-1] == "cdk.out/StreamingLake.template.json"
    assert "deprecated" not in (process.stdout + process.stderr).lower()


@pytest.mark.parametrize("target", ["synth", "deploy", "destroy", "demo"])
def test_an_unknown_architecture_stops_before_the_cdk_cli(
    repository_copy: Path, target: str
) -> None:
    process = shell(f"make {target} ARCH=nope", repository_copy)
    assert process.returncode != 0
    assert "ARCH=nope: no such architecture. Use language-chain," in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("target", ["synth", "deploy", "destroy", "demo", "plan"])
def test_a_wrong_setting_is_one_sentence(repository_copy: Path, target: str) -> None:
    process = shell(f"make {target} SETTINGS=streaming_lake.shards=0", repository_copy)
    assert process.returncode != 0
    output = process.stdout + process.stderr
    assert "-c streaming_lake.shards=0: input should be greater than or equal to 1." in output
    assert "Traceback" not in output


def test_settings_are_listed(repository_copy: Path) -> None:
    process = shell("make settings", repository_copy)
    assert process.returncode == 0, process.stderr
    assert "streaming_lake.retention_hours" in process.stdout


@pytest.mark.local
def test_the_local_aws_is_kept_used_and_stopped(repository_copy: Path) -> None:
    script = """
        make local ARCH=streaming-lake
        source .local/env
        .venv/bin/python -c "import boto3; print(boto3.client('kinesis').list_streams())"
        make local-down
    """
    process = shell(script, repository_copy)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "aws kinesis describe-stream-summary --stream-name streaminglake" in process.stdout
    assert "'streaminglake-ingestionevents" in process.stdout.lower()
    assert "Stopped" in process.stdout
    assert [path.name for path in (repository_copy / ".local").iterdir()] == ["lock"]


def test_make_alone_lists_every_target(repository_copy: Path) -> None:
    process = shell("make", repository_copy)
    targets = re.findall(r"^([a-z-]+):.*?## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in targets:
        assert re.search(rf"make {target} .*\S", process.stdout), target


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
