"""`make verify` on the deployed language chain."""

from threading import Timer
from typing import Any

import pytest
from rich.console import Console

from local.demos.verification import LocalAccount
from local.runtime.progress import Steps
from tests.local.language_chain.conftest import Chain
from tools.account import verify

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed chain")]


def test_a_verification_finds_every_figure_as_expected(chain: Chain) -> None:
    outputs = verify.outputs_of(chain.emulator.client, ["LanguageChain"])
    chosen = verify.verifications(["language-chain"])
    account = LocalAccount(chain.emulator)
    (checks,) = verify.drive(chosen, account, outputs, Steps(Console(quiet=True))).values()
    assert [str(check) for check in checks if not check.passed] == []


def test_a_verification_uploads_again_what_s3_sent_no_event_for(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS in the first minutes after a deployment."""
    s3, bucket = chain.emulator.client("s3"), chain.outputs["InputBucketName"]

    def events(configuration: dict[str, Any]) -> None:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=configuration
        )

    monkeypatch.setattr("local.demos.language_chain.verification._EVENTS_SECONDS", 4)
    events({})
    Timer(2, events, [{"EventBridgeConfiguration": {}}]).start()
    outputs = verify.outputs_of(chain.emulator.client, ["LanguageChain"])
    chosen = verify.verifications(["language-chain"])
    account = LocalAccount(chain.emulator)
    (checks,) = verify.drive(chosen, account, outputs, Steps(Console(quiet=True))).values()
    assert [str(check) for check in checks if not check.passed] == []
