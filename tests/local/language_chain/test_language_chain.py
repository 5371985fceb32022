"""The language chain in the embedded AWS: documents in, findings, rows and plain failures out."""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from rich.console import Console

from local.demos.language_chain.demo import NOT_UNDERSTOOD, UNDERSTOOD, LanguageChainDemo
from local.runtime import deployment, emulator
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.workspace import Workspace
from tests.local.conftest import policy_of, without

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
            items = self.emulator.client("dynamodb").query(
                TableName=self.outputs["DocumentsTableName"],
                IndexName="by_key",
                KeyConditionExpression="#key = :key",
                ExpressionAttributeNames={"#key": "key"},
                ExpressionAttributeValues={":key": {"S": key}},
            )["Items"]
            found = [{name: next(iter(v.values())) for name, v in item.items()} for item in items]
            if found and all(row["status"] in ("done", "failed") for row in found):
                return max(found, key=lambda row: row["received_at"])
            assert time.monotonic() < deadline, (key, found)
            time.sleep(0.2)

    def statuses(self) -> dict[str, str]:
        """The status of every document."""
        pages = (
            self.emulator.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.outputs["DocumentsTableName"])
        )
        items = [item for page in pages for item in page["Items"] if "received_at" in item]
        return {item["key"]["S"]: item["status"]["S"] for item in items}

    def wait_until(self, done: Callable[[], bool], seconds: float) -> None:
        """Return once it is so."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, self.statuses()
            time.sleep(0.5)

    def tell_language(self, **told: Any) -> int:
        """Tell what stands for Translate and Comprehend; returns how many calls it throttled."""
        url = f"http://127.0.0.1:{self.emulator.runtime_port}/language"
        throttled: int = requests.post(url, json=told, timeout=10).json()["throttled"]
        return throttled

    def send(self, kind: str) -> None:
        """Put a message of a kind on the queue, as a person or the clock does."""
        self.emulator.client("sqs").send_message(
            QueueUrl=self.outputs["MessagesQueueUrl"],
            MessageBody=json.dumps({"detail-type": kind}),
        )

    def admit(self, *messages: dict[str, Any]) -> tuple[bool, list[str]]:
        """Whether the intake fails on messages as a whole, else which of them come again."""
        lambda_ = self.emulator.client("lambda")
        (name,) = (
            each["FunctionName"]
            for each in lambda_.list_functions()["Functions"]
            if "Admit" in each["FunctionName"]
        )
        records = [
            {"messageId": f"{n}", "body": json.dumps(each), "eventSource": "aws:sqs"}
            for n, each in enumerate(messages)
        ]
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps({"Records": records}))
        said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            return True, []
        return False, [each["itemIdentifier"] for each in said["batchItemFailures"]]

    def executions(self) -> list[str]:
        pages = (
            self.emulator.client("stepfunctions")
            .get_paginator("list_executions")
            .paginate(stateMachineArn=self.outputs["StateMachineArn"])
        )
        return [each["name"] for page in pages for each in page["executions"]]

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
        # What a new account has for all its functions together.
        variables = {"LAMBDA_ACCOUNT_CONCURRENCY": "10"}
        running = emulator.start(workspace, [], variables=variables)
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


def test_other_formats_are_read_as_what_they_are(chain: Chain) -> None:
    sentence = "The harbour of Hamburg was wonderful, and the people were friendly."
    bodies = {
        "page.html": f"<html><p>{sentence}</p></html>",
        "notes.md": f"# Hamburg\n\n{sentence}",
        "rows.jsonl": json.dumps({"id": 1, "text": sentence}),
    }
    for key, body in bodies.items():
        chain.upload(key, body.encode())
    for key in bodies:
        row = chain.status(key)
        assert row["status"] == "done", row
        text = chain.read(row["result_key"])["text"]
        assert sentence in text
        assert "<p>" not in text
        assert '"id"' not in text


HARD: dict[str, Any] = {
    "right to left.txt": "كان الفندق في برلين رائعا والفطور جيد جدا والسرير مريح. " * 40,
    "one sentence.txt": "and so the train went on through the valley, " * 700,
    "no spaces.txt": "ケルン行きの列車は七時半に四番線から出ると言っていました" * 200,
    "joined emoji.txt": "The family was happy. " + "👩‍👩‍👧‍👦" * 800,
    "cp1252.txt": GERMAN.encode("cp1252"),
    "soup.html": "<p>The harbour <b>was <i>wonderful</p></b> & the people <<friendly>.",
    "bytes.txt": bytes(range(256)) * 20,
}


def test_hard_documents_end_in_a_result_or_say_why_not(chain: Chain) -> None:
    for key, text in HARD.items():
        chain.upload(key, text if isinstance(text, bytes) else text.encode())
    rows = {key: chain.status(key) for key in HARD}
    failed = {key: row["reason"] for key, row in rows.items() if row["status"] == "failed"}
    assert set(failed) == {"bytes.txt"}, failed
    assert "NUL" in failed["bytes.txt"] or "encoding" in failed["bytes.txt"]
    for key in ("one sentence.txt", "joined emoji.txt"):
        assert rows[key]["source_language"] == "en"
        assert chain.read(rows[key]["result_key"])["text"] == HARD[key]
    # Marked chunk by chunk: without the marks it is what it was.
    for key in ("right to left.txt", "no spaces.txt"):
        text = chain.read(rows[key]["result_key"])["text"]
        assert re.sub(r"\[\w+ to en, not translated here\] ", "", text) == HARD[key]
    assert GERMAN in chain.read(rows["cp1252.txt"]["result_key"])["text"]
    assert "<b>" not in chain.read(rows["soup.html"]["result_key"])["text"]


def test_an_event_that_comes_twice_starts_one_execution(chain: Chain) -> None:
    chain.upload("twice.txt", ENGLISH.encode())
    row = chain.status("twice.txt")
    detail = {
        "bucket": {"name": row["bucket"]},
        "object": {"key": row["key"], "version-id": row.get("version_id", "")},
    }
    event = {"detail-type": "Object Created", "detail": detail}
    assert chain.admit(event, event) == (False, [])
    names = chain.executions()
    assert sum(name.startswith(row["document_id"]) for name in names) == 1


@pytest.mark.parametrize(
    ("api", "error", "step"),
    [
        ("translateText", "UnsupportedLanguagePairException", "Translate each chunk"),
        ("detectSentiment", "TextSizeLimitExceededException", "Analyse each piece"),
        ("detectDominantLanguage", "InvalidRequestException", "Detect the language"),
    ],
)
def test_what_failed_says_why_and_a_redrive_brings_it_through(
    chain: Chain, api: str, error: str, step: str
) -> None:
    key = f"{api}.txt"
    chain.tell_language(failing={api: error})
    try:
        chain.upload(key, GERMAN.encode())
        row = chain.status(key)
    finally:
        chain.tell_language()
    assert row["status"] == "failed"
    assert f"{error} at {step}: " in row["reason"]
    quarantined = f"quarantine/{row['document_id']}.json"
    assert chain.read(quarantined)["error"].endswith(error)
    chain.send("Redrive")
    chain.wait_until(lambda: chain.statuses()[key] == "done", 60)
    s3 = chain.emulator.client("s3")
    kept = s3.list_objects_v2(Bucket=chain.outputs["ResultsBucketName"], Prefix=quarantined)
    assert kept["KeyCount"] == 0
    assert f"{row['document_id']}-2" in chain.executions()


def test_two_hundred_documents_at_once_are_all_accounted_for(chain: Chain) -> None:
    """With ten functions at a time, and services that refuse every fourth call."""
    before = chain.tell_language(refuse_every=4)
    keys = [f"many/{number:03d}.txt" for number in range(200)]
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: chain.upload(key, f"{ENGLISH}{key}".encode()), keys))
        most = 0

        def all_through() -> bool:
            nonlocal most
            found = chain.statuses()
            most = max(most, sum(status == "running" for status in found.values()))
            return all(found.get(key) in ("done", "failed") for key in keys)

        chain.wait_until(all_through, 500)
    finally:
        throttled = chain.tell_language() - before
    assert {chain.statuses()[key] for key in keys} == {"done"}
    assert throttled > 200
    assert 0 < most <= 5
    pages = (
        chain.emulator.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=chain.outputs["ResultsBucketName"], Prefix="rows/")
    )
    bodies = [chain.read(each["Key"]) for page in pages for each in page.get("Contents", [])]
    assert sorted(row["key"] for row in bodies if row["key"].startswith("many/")) == keys


def demo(chain: Chain) -> LanguageChainDemo:
    return LanguageChainDemo(chain.emulator, chain.outputs, Steps(Console(quiet=True)))


def test_a_recording_is_looked_at_until_it_is_heard_and_until_it_is_spoken(chain: Chain) -> None:
    ended = demo(chain).recording(UNDERSTOOD)
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["states"].count("Wait for the transcript") == 3
    assert ended["states"].count("Wait for the speech") == 3
    assert ended["speech"] == "speech/a-recording.a-task.mp3"
    text = chain.read(ended["result_key"])["text"]
    assert "spk_0: Guten Tag" in text
    assert "\nspk_1: Sie war wunderbar" in text


def test_a_recording_that_is_not_understood_fails_with_the_words_of_transcribe(
    chain: Chain,
) -> None:
    ended = demo(chain).recording(NOT_UNDERSTOOD)
    assert (ended["status"], ended["error"]) == ("FAILED", "TranscriptionFailed")
    assert "doesn't match the detected media format" in ended["cause"]
    assert "Split for translation" not in ended["states"]


def test_a_collection_is_translated_as_one_job(chain: Chain) -> None:
    ended = demo(chain).collection({"one.txt": GERMAN, "two.txt": ENGLISH})
    assert (ended["status"], ended["documents"]) == ("SUCCEEDED", 2)
    assert ended["states"].count("Look at the translation") == 2
    # Nothing below `collections/` went through the chain.
    assert not any(key.startswith("collections/") for key in chain.statuses())


SPLIT, MERGE, ADMIT = "ReadSplitRole", "ReadMergeRole", "IntakeAdmitRole"
TRANSLATE = "CollectionsTranslateRole"
SPLITS = ["ReadTheDocument", "ReadParts", "WriteParts", "UseTheKeyOfItsData"]
MERGES = ["ReadParts", "WriteResults", "UseTheKeyOfItsData"]
LENT = [
    "ListInbox",
    "ReadDocuments",
    "WriteTranslations",
    "UseTheKeyOfItsData",
]
ADMITS = ["KeepTheLedger", "FindByStatus", "StartWorkflows", "LookAtThem", "KeepTheQuarantine"]


@pytest.mark.parametrize(
    ("part", "tried", "unseen"),
    [
        (SPLIT, SPLITS, ["WriteItsLogs"]),
        (MERGE, MERGES, ["WriteItsLogs"]),
        # The embedded AWS asks nobody for the right to use the key of a table, a queue or a
        # workflow, or to be sent messages; the stand-in asks for no list of what it has written.
        (ADMIT, ADMITS, ["WriteItsLogs", "UseTheKeyOfItsData", "ReadMessages"]),
        (TRANSLATE, LENT, ["ListOutbox"]),
    ],
)
def test_every_statement_is_tried(
    chain: Chain, part: str, tried: list[str], unseen: list[str]
) -> None:
    _, _, document = policy_of(chain.emulator, part)
    assert sorted(each["Sid"] for each in document["Statement"]) == sorted([*tried, *unseen])


@pytest.mark.parametrize(
    ("part", "sid", "step"),
    [(SPLIT, sid, "Split for translation|Split for analysis") for sid in SPLITS]
    + [(MERGE, sid, "Merge") for sid in MERGES],
)
def test_a_document_fails_plainly_without(chain: Chain, part: str, sid: str, step: str) -> None:
    key = f"without-{part}-{sid}.txt"
    with without(chain.emulator, part, sid):
        chain.upload(key, ENGLISH.encode())
        row = chain.status(key)
    assert row["status"] == "failed"
    assert re.search(f" at ({step}): ", row["reason"]), row["reason"]


@pytest.mark.parametrize("sid", LENT)
def test_a_collection_fails_plainly_without(chain: Chain, sid: str) -> None:
    with without(chain.emulator, TRANSLATE, sid):
        ended = demo(chain).collection({"one.txt": GERMAN})
    assert ended["status"] == "FAILED"
    assert "Failed at Translate the collection" in ended["cause"]


def uploaded(key: str) -> dict[str, Any]:
    detail = {"bucket": {"name": "nowhere"}, "object": {"key": key, "version-id": "1"}}
    return {"detail-type": "Object Created", "detail": detail}


@pytest.mark.parametrize("sid", ["KeepTheLedger", "FindByStatus", "StartWorkflows"])
def test_nothing_is_admitted_without(chain: Chain, sid: str) -> None:
    with without(chain.emulator, ADMIT, sid):
        assert chain.admit(uploaded(f"without-{sid}")) == (True, [])


def test_no_execution_is_looked_at_and_no_quarantine_kept_without(chain: Chain) -> None:
    chain.upload("broken.txt", b"PK\x03\x04")
    row = chain.status("broken.txt")
    redrive = {"detail-type": "Redrive"}
    with without(chain.emulator, ADMIT, "KeepTheQuarantine"):
        failed, again = chain.admit(redrive, uploaded("beside.txt"))
    assert (failed, again) == (False, ["0"])
    chain.wait_until(lambda: chain.statuses()["broken.txt"] == "failed", 60)
    slot = {"document_id": {"S": "slots"}}
    name = f"{row['document_id']}-1"
    dynamodb, table = chain.emulator.client("dynamodb"), chain.outputs["DocumentsTableName"]
    dynamodb.update_item(
        TableName=table,
        Key=slot,
        UpdateExpression="ADD running :one",
        ExpressionAttributeValues={":one": {"SS": [name]}},
    )
    sweep = {"detail-type": "Scheduled Event"}
    with without(chain.emulator, ADMIT, "LookAtThem"):
        assert chain.admit(sweep, uploaded("beside.txt")) == (False, ["0"])
    # The sweep finds that it ended long ago.
    assert chain.admit(sweep) == (False, [])
    held = dynamodb.get_item(TableName=table, Key=slot)["Item"].get("running", {}).get("SS", [])
    assert name not in held
