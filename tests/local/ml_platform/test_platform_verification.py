"""`make verify` against a platform in the local AWS."""

from typing import Any

import pytest
from rich.console import Console

from local.demos.verification import LocalAccount
from local.runtime.progress import Steps
from tests.local.conftest import Platform
from tools.account import verify

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed platform")]


def test_every_figure_of_a_deployed_platform_is_as_expected(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert trained["status"] == "SUCCEEDED"
    stacks = ["MlNetwork", "MlTraining", "MlEndpoint"]
    outputs = verify.outputs_of(platform.emulator.client, stacks)
    chosen = verify.verifications(["ml-platform"])
    account = LocalAccount(platform.emulator)
    (checks,) = verify.drive(chosen, account, outputs, Steps(Console(quiet=True))).values()
    assert [str(check) for check in checks if not check.passed] == []


def test_of_an_account_that_trains_nothing_the_api_is_verified(
    platform: Platform, trained: dict[str, Any]
) -> None:
    """With `ml_endpoint.registry_account`, training happens in another account."""
    assert trained["status"] == "SUCCEEDED"
    outputs = verify.outputs_of(platform.emulator.client, ["MlNetwork", "MlEndpoint"])
    account = LocalAccount(platform.emulator)
    (checks,) = verify.drive(
        verify.verifications(["ml-platform"]), account, outputs, Steps(Console(quiet=True))
    ).values()
    assert len(checks) > 2
    assert [str(check) for check in checks if not check.passed] == []
