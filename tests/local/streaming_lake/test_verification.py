"""`make verify` against a lake in the local AWS, as against one in a reader's account."""

from collections.abc import Iterator

import psutil
import pytest
from rich.console import Console

from local.demos.report import Check
from local.demos.verification import LocalAccount, verification_of
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from local.services import servers
from tests.local.conftest import DeployedLake, deliver
from tools.account import verify

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]


@pytest.fixture(scope="module")
def served(deployed: DeployedLake) -> Iterator[DeployedLake]:
    """The shared lake, beside which Firehose delivers and Glue runs jobs until the module ends."""
    deliver(deployed.firehose())
    deployed.clear()
    workspace = deployed.workspace
    before = workspace.running_state()
    servers.serve(workspace, deployed.emulator, ["AWS::KinesisFirehose::DeliveryStream"])
    servers.serve(workspace, deployed.emulator, ["AWS::Glue::Job"])
    yield deployed
    started = workspace.running_state().processes.keys() - before.processes.keys()
    for process in map(psutil.Process, started):
        process.terminate()
        process.wait()
    workspace.remember(before)


def checks_of(served: DeployedLake) -> dict[str, list[Check]]:
    outputs = verify.outputs_of(served.emulator.client, ["StreamingLake"])
    chosen = verify.verifications(["streaming-lake"])
    account = LocalAccount(served.emulator)
    return verify.drive(chosen, account, outputs, Steps(Console(quiet=True)))


def test_every_figure_of_a_deployed_lake_is_as_expected(served: DeployedLake) -> None:
    for _ in range(2):  # again, over what the first has left
        (checks,) = checks_of(served).values()
        assert [str(check) for check in checks if not check.passed] == []


def test_a_stack_that_is_not_deployed_is_named(served: DeployedLake) -> None:
    with pytest.raises(LocalError, match="LanguageChain is not deployed here"):
        verify.outputs_of(served.emulator.client, ["LanguageChain"])


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
