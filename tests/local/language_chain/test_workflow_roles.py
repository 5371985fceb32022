"""Each statement of the chain's workflow roles is needed: without it, IAM denies a task."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from local import local_aws
from local.demos.demo import Context
from local.demos.executions import execute
from local.demos.language_chain.checks import UNDERSTOOD
from local.demos.language_chain.demo import LanguageChainDemo
from local.local_aws import LocalAws
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.workspace import Workspace
from tests.local.conftest import denials, statement_ids, without

pytestmark = pytest.mark.local

CHAIN, COLLECTIONS = "ChainWorkflowRole", "CollectionsWorkflowRole"
LISTEN, PART = "ListenWorkflowRole", "PartWorkflowRole"
READ, SPEAK = "ReadWorkflowRole", "SpeakWorkflowRole"
# The local Step Functions delivers neither logs nor traces (tests/iam asks for all of these).
NOT_TESTABLE = ["DeliverItsLogs", "Trace", "EncryptItsLogs"]
# A Map Run needs a document of more parts than `distribute_above`.
DISTRIBUTES = ["StartItsChildren", "WatchItsChildren"]

EVERY_DOCUMENT = {
    CHAIN: [
        "DecryptNestedWorkflows",
        "EncryptItsExecutions",
        "InspectUploads",
        "StartNestedWorkflows",
        "UpdateStatus",
        "UseTheKeyOfItsData",
        "WaitForJobs",
    ],
    READ: ["DetectLanguages", "EncryptItsExecutions", "InvokeFunctions", "ProcessParts"],
    PART: [
        "Analyse",
        "EncryptItsExecutions",
        "ReadAndWriteParts",
        "Translate",
        "UseTheKeyOfItsData",
    ],
}
A_FAILURE = {CHAIN: ["Notify", "WatchNestedWorkflows", "WriteQuarantine"]}
A_RECORDING = {
    LISTEN: [
        "EncryptItsExecutions",
        "ReadRecordings",
        "StartTranscriptions",
        "UseTheKeyOfItsData",
        "WaitForTranscriptions",
        "WriteTranscripts",
    ],
    SPEAK: [
        "EncryptItsExecutions",
        "ReadTexts",
        "SynthesiseSpeech",
        "UseTheKeyOfItsData",
        "WriteSpeech",
    ],
}
A_COLLECTION = {
    COLLECTIONS: [
        "DetectLanguages",
        "EncryptItsExecutions",
        "FindDocuments",
        "LendTheRole",
        "NotifyUnderTheKey",
        "Tell",
        "TranslateCollections",
    ]
}
WAYS = (EVERY_DOCUMENT, A_FAILURE, A_RECORDING, A_COLLECTION)


def cases(way: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(role, sid) for role, sids in way.items() for sid in sids]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    workspace = Workspace(tmp_path_factory.mktemp("language"))
    try:
        yield local_aws.start(workspace, ["language-chain"])
    finally:
        stop(workspace)


@pytest.mark.parametrize("role", [CHAIN, COLLECTIONS, LISTEN, PART, READ, SPEAK])
def test_every_statement_is_tested(chain: LocalAws, role: str) -> None:
    tested = [sid for way in WAYS for sid in way.get(role, [])]
    untested = [*NOT_TESTABLE, *(DISTRIBUTES if role == READ else [])]
    assert statement_ids(chain.emulator, role) == sorted([*tested, *untested])


def process(chain: LocalAws, body: str) -> dict[str, Any]:
    """An execution of the chain on a document."""
    outputs = chain.outputs["LanguageChain"]
    source = {"bucket": outputs["InputBucketName"], "key": "elsewhere/a.txt"}
    version = chain.emulator.client("s3").put_object(
        Bucket=source["bucket"], Key=source["key"], Body=body.encode()
    )["VersionId"]
    document = {"document_id": "a-document", "attempt": "1", "date": "2026-11-28"}
    return execute(
        chain.emulator.client("stepfunctions"),
        outputs["StateMachineArn"],
        {**document, "source": {**source, "version_id": version}},
    )


@pytest.mark.parametrize(("role", "sid"), cases(EVERY_DOCUMENT))
def test_a_document_fails_without(chain: LocalAws, role: str, sid: str) -> None:
    with without(chain.emulator, role, sid):
        failed = process(chain, "Das Hotel in Berlin war wunderbar. Das Bett war weich.")
    assert failed["status"] == "FAILED"
    assert denials(chain.emulator.client("stepfunctions"), failed["executionArn"])


@pytest.mark.parametrize(("role", "sid"), cases(A_FAILURE))
def test_a_failure_is_not_reported_whole_without(chain: LocalAws, role: str, sid: str) -> None:
    step_functions = chain.emulator.client("stepfunctions")
    whole = process(chain, "PK\x03\x04 is an archive")
    assert denials(step_functions, whole["executionArn"]) == []
    with without(chain.emulator, role, sid):
        failed = process(chain, "PK\x03\x04 is an archive")
    assert failed["status"] == "FAILED"
    assert denials(step_functions, failed["executionArn"])


def demo(chain: LocalAws) -> LanguageChainDemo:
    steps = Steps(Console(quiet=True))
    context = Context(chain.emulator, chain.workspace, chain.outputs, steps, {})
    return LanguageChainDemo(context)


@pytest.mark.parametrize(("role", "sid"), cases(A_RECORDING))
def test_a_recording_fails_without(chain: LocalAws, role: str, sid: str) -> None:
    with without(chain.emulator, role, sid):
        failed = demo(chain).recording(UNDERSTOOD)
    assert failed["status"] == "FAILED"
    assert "is not authorized to perform: " in failed["cause"], json.dumps(failed)


@pytest.mark.parametrize(("role", "sid"), cases(A_COLLECTION))
def test_a_collection_fails_or_is_not_announced_without(
    chain: LocalAws, role: str, sid: str
) -> None:
    step_functions = chain.emulator.client("stepfunctions")
    machine = chain.outputs["LanguageChain"]["CollectionsArn"]
    demo(chain).collection({"one.txt": "A hotel in Paris."})
    with without(chain.emulator, role, sid):
        execution = execute(step_functions, machine, {"collection": "letters"})
    assert denials(step_functions, execution["executionArn"])
