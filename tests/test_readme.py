"""Every command and code block of the README runs here, or in the test it names."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from repository import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.strip().splitlines()]


# The whole demo, on a machine that is slow today and has another worker beside it.
DEMO_SECONDS = 1500


def shell(script: str, folder: Path, timeout: int = 580) -> subprocess.CompletedProcess[str]:
    """Run a script of the README at the root, its sandbox and reports in a folder of the test."""
    settings = {**os.environ, "LOCAL_DIR": f"{folder}/sandbox", "DEMO_DIR": f"{folder}/demo"}
    settings["PATH"] = f"{ROOT}/node_modules/.bin:{ROOT}/.venv/bin:{settings['PATH']}"
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=ROOT, env=settings, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def test_the_readme_has_the_commands_that_are_tested_here() -> None:
    assert COMMANDS == [
        "make demo",
        "make test",
        "make synth ENV=production",
        "cdk synth --quiet -c env=sandbox -c streaming_lake.shards=2 "
        "-c streaming_lake.retention_hours=48",
        "make plan ARCH=streaming-lake",
        "make deploy ARCH=language-chain ENV=sandbox",
        "make docs",
        "make docs-serve",
        "make local",
        "source .local/env",
        "make local-down",
        "make deploy ARCH=streaming-lake ENV=sandbox",
        "make destroy ARCH=streaming-lake ENV=sandbox",
    ]


@pytest.mark.local
@pytest.mark.timeout(DEMO_SECONDS)
def test_make_demo_does_what_the_readme_says(tmp_path: Path) -> None:
    # Of fewer flights, no model learns enough to pass the gate.
    done = shell("make demo FLIGHTS=8000", tmp_path, DEMO_SECONDS - 10)
    assert done.returncode == 0, done.stdout + done.stderr
    (text,) = (block for kind, block in BLOCKS if kind == "text")
    for line in text.splitlines():
        if line.startswith("✓"):
            step = re.sub(r"[\d,]{4,}", "@", re.sub(r" \([\d.]+ s\)", "", line))
            assert step in re.sub(r"[\d,]{3,}", "@", done.stdout), line
    assert "✗" not in done.stdout
    page = (ROOT / "reports" / "streaming-lake.html").read_text()
    assert "12 of 12 checks passed" in page
    assert "Curate with Spark, run 1" in (ROOT / "reports" / "streaming-lake.txt").read_text()
    assert "<svg" in page
    page = (ROOT / "reports" / "ml-platform.html").read_text()
    assert "16 of 16 checks passed" in page
    assert page.count("data:image/png;base64,") == 3
    page = (ROOT / "reports" / "language-chain.html").read_text()
    assert "13 of 13 checks passed" in page


@pytest.mark.parametrize("command", [c for c in COMMANDS if "synth" in c])
def test_synth_writes_templates(tmp_path: Path, command: str) -> None:
    done = shell(f"{command}\ntest -s cdk.out/StreamingLake.template.json", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deprecated" not in (done.stdout + done.stderr).lower()


def test_a_wrong_setting_fails_synth_with_one_sentence(tmp_path: Path) -> None:
    done = shell("cdk synth --quiet -c streaming_lake.shards=0", tmp_path)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "-c streaming_lake.shards=0: input should be greater than or equal to 1." in said
    assert "Traceback" not in said


@pytest.mark.local
def test_a_sandbox_is_kept_used_and_taken_down(tmp_path: Path) -> None:
    use = f"""
        make local
        source {tmp_path}/sandbox/env
        python -c "import boto3; print(boto3.client('kinesis').list_streams()['StreamNames'])"
        make local-down
    """
    done = shell(use, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "['streaminglake-ingestionevents" in done.stdout
    assert "Stopped" in done.stdout


@pytest.mark.local
def test_deploy_and_destroy_work_on_an_account(tmp_path: Path) -> None:
    """The embedded account stands in; what it cannot deploy is why ENV is local here."""
    on_account = f"""
        make local
        source {tmp_path}/sandbox/env
        make --dry-run deploy destroy ARCH=streaming-lake ENV=sandbox
        make local-down
    """
    done = shell(on_account, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cdk deploy StreamingLake -c env=sandbox" in done.stdout
    assert "cdk destroy StreamingLake -c env=sandbox" in done.stdout


def test_make_alone_lists_every_target(tmp_path: Path) -> None:
    done = shell("make", tmp_path)
    for target in (
        "demo",
        "test",
        "synth",
        "plan",
        "docs",
        "docs-serve",
        "lint",
        "check",
        "deploy",
        "destroy",
        "bench",
    ):
        assert re.search(rf"make {target} .*\S", done.stdout)


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_stack_and_architecture_is_in_the_readme() -> None:
    from stacks.catalogue import ARCHITECTURES

    for name, manifest in ARCHITECTURES.items():
        assert f"| {name} |" in README
        assert all(f"`{stack}`" in README for stack in manifest.stack_names)
