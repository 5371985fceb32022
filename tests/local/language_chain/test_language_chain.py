"""The deployed language chain: documents in, results, rows and failures with a reason out."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.demos.language_chain import office
from local.demos.language_chain.checks import NOT_UNDERSTOOD, UNDERSTOOD
from local.demos.language_chain.library import texts
from local.demos.language_chain.recordings import FLIGHT
from local.services.comprehend.text_engine import PYTHON
from local.services.s3.objects import list_keys
from tests.local.conftest import statement_ids, without
from tests.local.language_chain.conftest import Chain, demo

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed chain")]
GERMAN = "Das Hotel in Berlin war wunderbar. Das Frühstück war gut, das Bett war weich. " * 3
# The engine's findings are recorded, for machines that cannot have it.
ENGLISH = texts()["en.txt"].text


def test_a_document_in_another_language_is_translated_whole(chain: Chain) -> None:
    chain.upload("hotel.txt", GERMAN.encode())
    row = chain.status("hotel.txt")
    assert row["status"] == "done", row
    assert row["source_language"] == "de"
    result = chain.read(row["result_key"])
    assert result["text"] == f"[de to en, not translated here] {GERMAN}"
    assert sum(result["sentiment_score"].values()) == pytest.approx(1, abs=0.01)
    # Nothing here translates German, or knows it.
    assert (result["translated"], result["entities"]) == (False, [])
    assert result["sentiment"] == "NEUTRAL"


def test_english_is_not_translated_and_its_personal_data_are_located(chain: Chain) -> None:
    chain.upload("rome.txt", ENGLISH.encode())
    row = chain.status("rome.txt")
    result = chain.read(row["result_key"])
    assert (row["source_language"], result["text"]) == ("en", ENGLISH)
    assert (result["sentiment"], result["translated"]) == ("POSITIVE", False)
    rome = [entity for entity in result["entities"] if entity["text"] == "Rome"]
    assert [(entity["type"], entity["count"]) for entity in rome] == [("LOCATION", 1)]
    ((span,),) = (entity["spans"] for entity in result["pii"])
    assert ENGLISH[span["begin"] : span["end"]] == "anna@example.com"


def test_a_long_document_is_split_and_merged_again(chain: Chain) -> None:
    text = "".join(f"Sentence number {number} is about Rome. " for number in range(3_000))
    chain.upload("long.txt", text.encode())
    row = chain.status("long.txt", seconds=120)
    assert row["status"] == "done", row
    result = chain.read(row["result_key"])
    assert result["text"] == text
    counts = [entity["count"] for entity in result["entities"] if entity["text"] == "Rome"]
    assert sum(counts) == (3_000 if PYTHON.exists() else 0)


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("empty.txt", b" \n", "it is empty"),
        ("archive.txt", b"PK\x03\x04rest", "it is a ZIP archive"),
    ],
)
def test_an_unreadable_document_fails_with_its_reason(
    chain: Chain, key: str, body: bytes, reason: str
) -> None:
    chain.upload(key, body)
    row = chain.status(key)
    assert row["status"] == "failed"
    assert reason in row["reason"]
    assert reason in chain.read(f"quarantine/{row['document_id']}.json")["cause"]


def test_files_of_an_office_are_read_as_text(chain: Chain) -> None:
    for key, (body, _) in office.files().items():
        chain.upload(key, body)
    for key, (_, text) in office.files().items():
        row = chain.status(key)
        assert row["status"] == "done", row
        result = chain.read(row["result_key"])
        assert result["text"].endswith(text)
        assert result["reading"]["format"] in ("table", "docx", "pdf", "email", "html")


def test_other_formats_are_read_as_text(chain: Chain) -> None:
    sentence = "The harbour of Hamburg was wonderful, and the people were friendly."
    bodies = {
        "formats/page.html": f"<html><p>{sentence}</p></html>",
        "formats/notes.md": f"# Hamburg\n\n{sentence}",
        "formats/rows.jsonl": json.dumps({"id": 1, "text": sentence}),
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


def test_hard_documents_are_done_or_fail_with_a_reason(chain: Chain) -> None:
    for key, text in HARD.items():
        chain.upload(key, text if isinstance(text, bytes) else text.encode())
    rows = {key: chain.status(key) for key in HARD}
    failed = {key: row["reason"] for key, row in rows.items() if row["status"] == "failed"}
    assert set(failed) == {"bytes.txt"}, failed
    assert "its charset cannot be told" in failed["bytes.txt"]
    for key in ("one sentence.txt", "joined emoji.txt"):
        assert rows[key]["source_language"] == "en"
        assert chain.read(rows[key]["result_key"])["text"] == HARD[key]
    # Every chunk is marked: without the marks the text is the original.
    for key in ("right to left.txt", "no spaces.txt"):
        text = chain.read(rows[key]["result_key"])["text"]
        assert re.sub(r"\[\w+ to en, not translated here\] ", "", text) == HARD[key]
    assert GERMAN in chain.read(rows["cp1252.txt"]["result_key"])["text"]
    assert "<b>" not in chain.read(rows["soup.html"]["result_key"])["text"]


def test_each_version_of_a_document_is_one_document(chain: Chain) -> None:
    """Events name the version, some come twice, and every version is read as it was."""
    texts = [f"Version {number} of the letter from Rome is short." for number in range(6)]
    for text in texts:
        chain.upload("letter.txt", text.encode())
    s3, bucket = chain.emulator.client("s3"), chain.outputs["InputBucketName"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix="letter.txt")["Versions"]

    def rows() -> list[dict[str, Any]]:
        return [row for row in chain.rows() if row["key"] == "letter.txt"]

    chain.wait_until(
        lambda: [row["status"] for row in rows()] == ["done"] * len(texts), seconds=120
    )
    assert {row["version_id"] for row in rows()} == {version["VersionId"] for version in versions}
    assert {chain.read(row["result_key"])["text"] for row in rows()} == set(texts)


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
        ("translateText", "UnsupportedLanguagePairException", "Process the parts"),
        ("detectSentiment", "TextSizeLimitExceededException", "Process the parts"),
        ("detectEntities", "TextSizeLimitExceededException", "Process the parts"),
        ("detectDominantLanguage", "InvalidRequestException", "Detect the language"),
    ],
)
def test_a_failure_names_its_step_and_a_redrive_succeeds(
    chain: Chain, api: str, error: str, step: str
) -> None:
    key = f"{api}.txt"
    chain.configure_quotas(failing={api: error})
    try:
        chain.upload(key, GERMAN.encode())
        row = chain.status(key)
    finally:
        first = chain.count_calls()
    assert row["status"] == "failed"
    assert f" at {step}: " in row["reason"]
    assert error in row["reason"]
    quarantined = f"quarantine/{row['document_id']}.json"
    assert chain.read(quarantined)["step"] == step
    chain.send("Redrive")
    chain.wait_until(lambda: chain.statuses()[key] == "done", 60)
    # What the failed run has paid for is not made again.
    again = chain.count_calls()
    if api in ("detectSentiment", "detectEntities"):
        assert (first["translateText"], again.get("translateText", 0)) == (1, 0)
    if api == "detectSentiment":
        assert (first["detectEntities"], again.get("detectEntities", 0)) == (1, 0)
    s3 = chain.emulator.client("s3")
    assert list_keys(s3, chain.outputs["ResultsBucketName"], quarantined) == []
    assert f"{row['document_id']}-2" in chain.executions()


def test_a_hundred_documents_at_once_are_all_accounted_for(chain: Chain) -> None:
    """With ten concurrent functions, and services that throttle every fourth call."""
    before = chain.configure_quotas(throttle_every=4)
    keys = [f"many/{number:03d}.txt" for number in range(100)]
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: chain.upload(key, f"{ENGLISH}{key}".encode()), keys))
        most = 0

        def all_ended() -> bool:
            nonlocal most
            statuses = chain.statuses()
            most = max(most, sum(status == "running" for status in statuses.values()))
            return all(statuses.get(key) in ("done", "failed") for key in keys)

        chain.wait_until(all_ended, 500)
    finally:
        throttled = chain.configure_quotas() - before
    assert {chain.statuses()[key] for key in keys} == {"done"}
    assert throttled > 100
    assert 0 < most <= 5
    s3, bucket = chain.emulator.client("s3"), chain.outputs["ResultsBucketName"]
    rows = [chain.read(key) for key in list_keys(s3, bucket, "rows/")]
    assert sorted(row["key"] for row in rows if row["key"].startswith("many/")) == keys


def test_a_recording_is_transcribed_and_its_result_is_spoken(chain: Chain) -> None:
    execution = demo(chain).recording(UNDERSTOOD)
    assert execution["status"] == "SUCCEEDED", execution
    assert execution["states"].count("Wait for the transcript") >= 3
    assert execution["states"].count("Wait for the speech") >= 3
    spoken = re.search(
        r"/(speech/a-recording-that-is-understood-\w+\.[\w-]+\.mp3)$", execution["speech"]
    )
    assert spoken is not None
    s3, bucket = chain.emulator.client("s3"), chain.outputs["ResultsBucketName"]
    assert s3.head_object(Bucket=bucket, Key=spoken[1])["ContentLength"] > 0
    text = chain.read(execution["result_key"])["text"]
    assert "The hotel in Boston was wonderful" in text


def test_a_recording_that_is_not_understood_fails_with_the_reason_of_transcribe(
    chain: Chain,
) -> None:
    execution = demo(chain).recording(NOT_UNDERSTOOD)
    assert (execution["status"], execution["error"]) == ("FAILED", "TranscriptionFailed")
    assert "Unsupported media format" in execution["cause"]
    assert "Split for translation" not in execution["states"]


def test_a_collection_is_translated_as_one_job(chain: Chain) -> None:
    execution = demo(chain).collection({"one.txt": GERMAN, "two.txt": ENGLISH})
    assert (execution["status"], execution["documents"]) == ("SUCCEEDED", 2)
    assert execution["states"].count("Check the translation") == 2
    # Nothing below `collections/` went through the chain.
    assert not any(key.startswith("collections/") for key in chain.statuses())


SPLIT, MERGE, ADMIT = "ReadSplitRole", "ReadMergeRole", "IntakeAdmitRole"
TRANSLATE = "CollectionsTranslateRole"
SEARCH = "PartSearchRole"
SPLITS = ["FindResults", "ReadTheDocument", "ReadParts", "WriteParts", "UseTheKeyOfItsData"]
SEARCHES = ["Analyse", "ReadPiecesAndWriteFindings", "UseTheKeyOfItsData"]
MERGES = ["ReadParts", "WriteResults", "UseTheKeyOfItsData"]
COLLECTS = [
    "ListInbox",
    "ReadDocuments",
    "WriteTranslations",
    "UseTheKeyOfItsData",
]
ADMITS = ["KeepTheLedger", "FindByStatus", "StartWorkflows", "LookAtThem", "KeepTheQuarantine"]
ADMITS += ["ListUploads", "LookIntoUploads"]


@pytest.mark.parametrize(
    ("role", "tested", "not_testable"),
    [
        (SPLIT, SPLITS, ["WriteItsLogs"]),
        (MERGE, MERGES, ["WriteItsLogs"]),
        (SEARCH, SEARCHES, ["WriteItsLogs"]),
        # The local AWS checks neither the keys of tables, queues and workflows nor the delivery
        # of messages; the stand-in of Translate does not list its output.
        (ADMIT, ADMITS, ["WriteItsLogs", "UseTheKeyOfItsData", "ReadMessages"]),
        (TRANSLATE, COLLECTS, ["ListOutbox"]),
    ],
)
def test_every_statement_is_tested(
    chain: Chain, role: str, tested: list[str], not_testable: list[str]
) -> None:
    assert statement_ids(chain.emulator, role) == sorted([*tested, *not_testable])


@pytest.mark.parametrize(
    ("role", "sid", "step"),
    [(SPLIT, sid, "Split for translation|Split for analysis") for sid in SPLITS]
    + [(MERGE, sid, "Merge") for sid in MERGES]
    + [(SEARCH, sid, "Process the parts") for sid in SEARCHES],
)
def test_a_document_fails_without(chain: Chain, role: str, sid: str, step: str) -> None:
    key = f"without-{role}-{sid}.txt"
    with without(chain.emulator, role, sid):
        chain.upload(key, ENGLISH.encode())
        row = chain.status(key)
    assert row["status"] == "failed"
    assert re.search(f" at ({step}): ", row["reason"]), row["reason"]


@pytest.mark.parametrize("sid", COLLECTS)
def test_a_collection_fails_without(chain: Chain, sid: str) -> None:
    with without(chain.emulator, TRANSLATE, sid):
        execution = demo(chain).collection({"one.txt": GERMAN})
    assert execution["status"] == "FAILED"
    assert "Failed at Translate the collection" in execution["cause"]


def uploaded(chain: Chain, key: str) -> dict[str, Any]:
    """The event of an object that is gone."""
    detail = {"bucket": {"name": chain.outputs["InputBucketName"]}, "object": {"key": key}}
    return {"detail-type": "Object Created", "detail": detail}


@pytest.mark.parametrize("sid", ["KeepTheLedger", "FindByStatus", "StartWorkflows"])
def test_nothing_is_admitted_without(chain: Chain, sid: str) -> None:
    with without(chain.emulator, ADMIT, sid):
        assert chain.admit(uploaded(chain, f"without-{sid}")) == (True, [])


def test_no_upload_is_received_without_a_look_into_it(chain: Chain) -> None:
    with without(chain.emulator, ADMIT, "LookIntoUploads"):
        assert chain.admit(uploaded(chain, "gone.txt")) == (True, [])
    assert "gone.txt" not in chain.statuses()


def test_a_voice_note_is_heard_whatever_it_is_called(chain: Chain) -> None:
    chain.upload("PTT-20261129-WA0001.opus", FLIGHT.read_bytes())
    row = chain.status("PTT-20261129-WA0001.opus")
    assert (row["status"], row["media_format"]) == ("done", "ogg"), row


def test_an_upload_that_no_event_announced_is_found_and_processed(chain: Chain) -> None:
    events = chain.emulator.client("events")
    (rule,) = (
        rule["Name"] for rule in events.list_rules()["Rules"] if "IntakeUploaded" in rule["Name"]
    )
    events.disable_rule(Name=rule)
    try:
        chain.upload("unannounced.txt", ENGLISH.encode())
    finally:
        events.enable_rule(Name=rule)
    search = {"detail-type": "Look for uploads"}
    with without(chain.emulator, ADMIT, "ListUploads"):
        assert chain.admit(search, uploaded(chain, "beside.txt")) == (False, ["0"])
    assert "unannounced.txt" not in chain.statuses()
    # As its rule does each hour.
    chain.send(search["detail-type"])
    assert chain.status("unannounced.txt")["status"] == "done"
    assert "expires_at" in chain.status("unannounced.txt")


def test_no_execution_is_reconciled_and_no_quarantine_deleted_without(chain: Chain) -> None:
    chain.upload("broken.txt", b"PK\x03\x04")
    row = chain.status("broken.txt")
    redrive = {"detail-type": "Redrive"}
    with without(chain.emulator, ADMIT, "KeepTheQuarantine"):
        failed, again = chain.admit(redrive, uploaded(chain, "beside.txt"))
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
    scheduled = {"detail-type": "Scheduled Event"}
    with without(chain.emulator, ADMIT, "LookAtThem"):
        assert chain.admit(scheduled, uploaded(chain, "beside.txt")) == (False, ["0"])
    # The scheduled check finds that the execution ended long ago.
    assert chain.admit(scheduled) == (False, [])
    held = dynamodb.get_item(TableName=table, Key=slot)["Item"].get("running", {}).get("SS", [])
    assert name not in held
