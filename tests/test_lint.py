"""What `make lint` checks besides format, style and types."""

import re
import subprocess
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from repository import ROOT
from stacks.catalogue import ARCHITECTURES, ENVIRONMENTS
from tests.conftest import BY_ARCHITECTURE, Templates, flat

pytestmark = pytest.mark.lint


def tracked_files(*patterns: str) -> list[Path]:
    process = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in process.stdout.split("\0") if name]


@pytest.mark.parametrize("architecture", BY_ARCHITECTURE)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_cfn_lint_reports_nothing(
    synthesise: Templates, environment: str, architecture: str
) -> None:
    for name, template in synthesise(environment).items():
        if name not in ARCHITECTURES[architecture].stack_names:
            continue
        matches = lint(
            flat(template),
            # W3005: the CDK writes dependencies that a reference already implies. E3601: cfn-lint
            # rejects JSONata in place of a number; asl-validator checks the state machines.
            config=ManualArgs(
                regions=["us-east-1", "eu-central-1"], ignore_checks=["W3005", "E3601"]
            ),
        )
        assert [f"{name}: {match}" for match in matches] == []


def test_locks_hold_hashes_and_no_addresses() -> None:
    locks = tracked_files("requirements/*.txt", "lambdas/*/*/requirements.txt")
    assert len(locks) > 3
    for lock in locks:
        assert "sha256:" in lock.read_text(), lock
        assert "://" not in lock.read_text(), lock
    for lock in tracked_files("*package-lock.json"):
        assert "sha512-" in lock.read_text(), lock
        assert '"resolved"' not in lock.read_text(), lock


def test_no_secret_is_tracked() -> None:
    secrets = SecretsCollection()
    with default_settings():
        for path in tracked_files("*.py", "*.json", "*.toml", "Makefile"):
            if "lock" not in path.name:
                secrets.scan_file(str(path))
    assert [f"{name}:{secret.line_number} {secret.type}" for name, secret in secrets] == []


def test_functions_are_tested_with_the_versions_that_they_have() -> None:
    # One function is tested in the virtual environment of the SageMaker SDK.
    files = [ROOT / "requirements" / name for name in ("test.txt", "sagemaker_sdk.txt")]
    tested = "".join(file.read_text() for file in files)
    for requirements in (ROOT / "lambdas").glob("*/*/requirements.in"):
        for line in requirements.read_text().split():
            assert re.search(rf"^{re.escape(line)} ", tested, re.MULTILINE), line
