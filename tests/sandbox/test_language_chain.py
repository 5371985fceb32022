"""The language chain in the embedded AWS: documents in, findings, rows and plain failures out."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox import deployment, emulator
from sandbox.emulator import Emulator
from sandbox.workspace import Workspace
from tests.sandbox.conftest import policy_of, without

pytestmark = pytest.mark.sandbox
GERMAN = "Das Hotel in Berlin war wunderbar. Das Frühstück war gut, das Bett war weich. " * 3
ENGLISH = "Paris was wonderful. We loved the Louvre! Write to anna@example.com about it. "


@dataclass
class Chain:
    """A deployed chain, and what a user asks of it."""

    emulator: Emulator
    outputs: dict[str, str]

    def upload(self, key: str, body: bytes) -> None:
        self.emulator.client("s3").put_object(
            Bucket=self.outputs["InputBucketName"], Key=key, Body=body
        )

    def status(self, key: str, seconds: float = 60) -> dict[str, str]:
        """The row of the newest version of a document, once it is done or has failed."""
        deadline = time.monotonic() + seconds
        while True:
            items = self.emulator.client("dynamodb").scan(
                TableName=self.outputs["DocumentsTableName"]
            )["Items"]
            rows = [{name: next(iter(v.values())) for name, v in item.items()} for item in items]
            found = [row for row in rows if row["key"] == key]
            if found and all(row["status"] in ("done", "failed") for row in found):
                return max(found, key=lambda row: row["received_at"])
            assert time.monotonic() < deadline, (key, rows)
            time.sleep(0.2)

    def read(self, key: str) -> dict[str, Any]:
        body = (
            self.emulator.client("s3")
            .get_object(Bucket=self.outputs["ResultsBucketName"], Key=key)["Body"]
            .read()
        )
        found: dict[str, Any] = json.loads(body)
        return found


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    workspace = Workspace(tmp_path_factory.mktemp("language"))
    try:
        running = emulator.start(workspace, [])
        cli = deployment.CdkCli(running, workspace)
        deployment.synthesise(cli, workspace, {})
        deployment.bootstrap(cli, running)
        outputs = deployment.deploy(cli, workspace, ["LanguageChain"])
        emulator.serve_sagemaker(workspace, running)
        yield Chain(running, outputs["LanguageChain"])
    finally:
        emulator.stop(workspace)


def test_a_document_in_another_language_comes_back_whole(chain: Chain) -> None:
    chain.upload("hotel.txt", GERMAN.encode())
    row = chain.status("hotel.txt")
    assert row["status"] == "done", row
    assert row["source_language"] == "de"
    result = chain.read(row["result_key"])
    assert result["text"] == f"[de to en, not translated here] {GERMAN}"
    assert sum(result["sentiment_score"].values()) == pytest.approx(1, abs=0.01)
    (berlin,) = [each for each in result["entities"] if "Berlin" in each["text"]]
    for span in berlin["spans"]:
        assert result["text"][span["begin"] : span["end"]] == berlin["text"]


def test_english_is_not_translated_and_its_personal_data_are_found(chain: Chain) -> None:
    chain.upload("paris.txt", ENGLISH.encode())
    row = chain.status("paris.txt")
    result = chain.read(row["result_key"])
    assert (row["source_language"], result["text"]) == ("en", ENGLISH)
    assert result["sentiment"] in ("POSITIVE", "NEUTRAL")
    ((span,),) = (each["spans"] for each in result["pii"])
    assert ENGLISH[span["begin"] : span["end"]] == "anna@example.com"


def test_a_long_document_is_cut_and_put_together_again(chain: Chain) -> None:
    text = "".join(f"Sentence number {number} is about Rome. " for number in range(3_000))
    chain.upload("long.txt", text.encode())
    row = chain.status("long.txt", seconds=120)
    assert row["status"] == "done", row
    result = chain.read(row["result_key"])
    assert result["text"] == text
    counted = sum(each["count"] for each in result["entities"] if each["text"] == "Rome")
    assert counted == 3_000


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("empty.txt", b" \n", "it is empty"),
        ("archive.txt", b"PK\x03\x04rest", "it is a ZIP archive"),
    ],
)
def test_what_cannot_be_read_ends_in_a_plain_record(
    chain: Chain, key: str, body: bytes, reason: str
) -> None:
    chain.upload(key, body)
    row = chain.status(key)
    assert row["status"] == "failed"
    assert reason in row["reason"]
    assert reason in chain.read(f"quarantine/{row['document_id']}.json")["cause"]


def test_an_event_that_comes_twice_starts_one_execution(chain: Chain) -> None:
    chain.upload("twice.txt", ENGLISH.encode())
    row = chain.status("twice.txt")
    lambda_ = chain.emulator.client("lambda")
    (name,) = (
        each["FunctionName"]
        for each in lambda_.list_functions()["Functions"]
        if "Receive" in each["FunctionName"]
    )
    detail = {
        "bucket": {"name": row["bucket"]},
        "object": {"key": row["key"], "version-id": row.get("version_id", "")},
    }
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps({"detail": detail}))
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"document_id": row["document_id"]}
    names = [
        each["name"]
        for each in chain.emulator.client("stepfunctions").list_executions(
            stateMachineArn=chain.outputs["StateMachineArn"]
        )["executions"]
    ]
    assert names.count(row["document_id"]) == 1


SPLIT, MERGE, RECEIVE = "ChainSplitRole", "ChainMergeRole", "IntakeReceiveRole"
SPLITS = ["ReadTheDocument", "ReadParts", "WriteParts", "UseTheKeyOfItsData"]
MERGES = ["ReadParts", "WriteResults", "UseTheKeyOfItsData"]


@pytest.mark.parametrize(
    ("part", "tried", "unseen"),
    [
        (SPLIT, SPLITS, ["WriteItsLogs"]),
        (MERGE, MERGES, ["WriteItsLogs"]),
        # The embedded AWS asks nobody for the right to use the key of a table or a workflow.
        (
            RECEIVE,
            ["NoteTheDocument", "StartItsWorkflow"],
            ["WriteItsLogs", "UseTheTablesKey", "EncryptItsInput"],
        ),
    ],
)
def test_every_statement_is_tried(
    chain: Chain, part: str, tried: list[str], unseen: list[str]
) -> None:
    _, _, document = policy_of(chain.emulator, part)
    assert sorted(each["Sid"] for each in document["Statement"]) == sorted([*tried, *unseen])


@pytest.mark.parametrize(
    ("part", "sid", "step"),
    [(SPLIT, sid, "reading the document|joining the translation") for sid in SPLITS]
    + [(MERGE, sid, "merging") for sid in MERGES],
)
def test_a_document_fails_plainly_without(chain: Chain, part: str, sid: str, step: str) -> None:
    key = f"without-{part}-{sid}.txt"
    with without(chain.emulator, part, sid):
        chain.upload(key, ENGLISH.encode())
        row = chain.status(key)
    assert row["status"] == "failed"
    assert re.search(f"while ({step})", row["reason"]), row["reason"]


@pytest.mark.parametrize("sid", ["NoteTheDocument", "StartItsWorkflow"])
def test_nothing_is_received_without(chain: Chain, sid: str) -> None:
    lambda_ = chain.emulator.client("lambda")
    (name,) = (
        each["FunctionName"]
        for each in lambda_.list_functions()["Functions"]
        if "Receive" in each["FunctionName"]
    )
    detail = {"bucket": {"name": "inbox"}, "object": {"key": f"without-{sid}"}}
    with without(chain.emulator, RECEIVE, sid):
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps({"detail": detail}))
    assert "FunctionError" in answer
