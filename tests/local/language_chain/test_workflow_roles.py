"""Each workflow of the chain runs its tasks under its own role: one task of each is denied.

`tests/iam` takes away every statement, action and resource of these roles and asks IAM about the
requests of every task. Here, executions show that the local AWS asks the same under the role of
the execution, and that a denial ends it.
"""

import json
from typing import Any

import pytest

from local.demos.executions import execute
from local.demos.language_chain.checks import UNDERSTOOD
from tests.local.conftest import denials, without
from tests.local.language_chain.conftest import Chain, demo

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed chain")]


def process(chain: Chain, body: str) -> dict[str, Any]:
    """An execution of the chain on a document."""
    source = {"bucket": chain.outputs["InputBucketName"], "key": "elsewhere/a.txt"}
    version = chain.emulator.client("s3").put_object(
        Bucket=source["bucket"], Key=source["key"], Body=body.encode()
    )["VersionId"]
    document = {"document_id": "a-document", "attempt": "1", "date": "2026-11-28"}
    return execute(
        chain.emulator.client("stepfunctions"),
        chain.outputs["StateMachineArn"],
        {**document, "source": {**source, "version_id": version}},
    )


@pytest.mark.parametrize(
    ("role", "sid", "body"),
    [
        ("ChainWorkflowRole", "InspectUploads", "Das Hotel in Berlin war wunderbar."),
        ("ChainWorkflowRole", "WriteQuarantine", "PK\x03\x04 is an archive"),
        ("ReadWorkflowRole", "InvokeFunctions", "Das Hotel in Berlin war wunderbar."),
        ("PartWorkflowRole", "Translate", "Das Hotel in Berlin war wunderbar."),
    ],
)
def test_a_document_fails_without(chain: Chain, role: str, sid: str, body: str) -> None:
    with without(chain.emulator, role, sid):
        failed = process(chain, body)
    assert failed["status"] == "FAILED"
    assert denials(chain.emulator.client("stepfunctions"), failed["executionArn"])


@pytest.mark.parametrize(
    ("role", "sid"),
    [("ListenWorkflowRole", "StartTranscriptions"), ("SpeakWorkflowRole", "SynthesiseSpeech")],
)
def test_a_recording_fails_without(chain: Chain, role: str, sid: str) -> None:
    with without(chain.emulator, role, sid):
        failed = demo(chain).recording(UNDERSTOOD)
    assert failed["status"] == "FAILED"
    assert "is not authorized to perform: " in failed["cause"], json.dumps(failed)


def test_a_collection_fails_without_the_role_of_translate(chain: Chain) -> None:
    with without(chain.emulator, "CollectionsWorkflowRole", "LendTheRole"):
        failed = demo(chain).collection({"one.txt": "A hotel in Paris."})
    assert failed["status"] == "FAILED"
    assert "is not authorized to perform: iam:PassRole" in failed["cause"], json.dumps(failed)
