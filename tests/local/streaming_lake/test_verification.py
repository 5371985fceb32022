"""`make verify` against a lake in the local AWS, as against one in a reader's account."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from local import local_aws
from local.demos.report import Check
from local.demos.verification import LocalAccount, verification_of
from local.local_aws import LocalAws
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError, Workspace
from tools.account import verify

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    workspace = Workspace(tmp_path_factory.mktemp("verified"))
    try:
        yield local_aws.start(workspace, ["streaming-lake"])
    finally:
        stop(workspace)


def checks_of(running: LocalAws) -> dict[str, list[Check]]:
    outputs = verify.outputs_of(running.emulator.client, ["StreamingLake"])
    chosen = verify.verifications(["streaming-lake"])
    account = LocalAccount(running.emulator)
    return verify.drive(chosen, account, outputs, Steps(Console(quiet=True)))


def test_every_figure_of_a_deployed_lake_is_as_expected(running: LocalAws) -> None:
    for _ in range(2):  # again, over what the first has left
        (checks,) = checks_of(running).values()
        assert [str(check) for check in checks if not check.passed] == []


def test_a_stack_that_is_not_deployed_is_named(running: LocalAws) -> None:
    with pytest.raises(LocalError, match="LanguageChain is not deployed here"):
        verify.outputs_of(running.emulator.client, ["LanguageChain"])


def test_an_architecture_without_a_verification_is_named() -> None:
    with pytest.raises(LocalError, match="no-such: nothing verifies"):
        verify.verifications(["no-such"])


@pytest.mark.parametrize("architecture", ["streaming-lake", "ml-platform", "language-chain"])
def test_every_architecture_says_what_a_verification_costs_and_leaves(architecture: str) -> None:
    verification = verification_of(architecture)
    assert verification is not None
    assert verification.usd > 0
    assert verification.minutes > 0
    assert verification.leaves
