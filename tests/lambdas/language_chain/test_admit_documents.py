"""The intake: each document once, up to the limit, oldest first, and none is forgotten."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.language_chain.admit_documents.messages import (
    Ended,
    LookForUploads,
    Reconcile,
    Redrive,
    Source,
    Uploaded,
    message,
)
from lambdas.language_chain.admit_documents.recordings import media_format

REGION: Literal["eu-central-1"] = "eu-central-1"
CHAIN = f"arn:aws:states:{REGION}:123456789012:stateMachine:chain"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
    "COLLECTIONS_PREFIX": "collections/",
    "DOCUMENTS_AT_ONCE": "2",
    "DOCUMENTS_TABLE": "documents",
    "INBOX_BUCKET": "inbox",
    "KEEP_DAYS": "90",
    "POWERTOOLS_METRICS_NAMESPACE": "LanguageChain",
    "POWERTOOLS_SERVICE_NAME": "LanguageChain",
    "RECORDINGS_AT_ONCE": "1",
    "RESULTS_BUCKET": "outbox",
    "STATE_MACHINE_ARN": CHAIN,
}


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    """The handler reads its environment when it is imported, as it does on Lambda."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield importlib.import_module("lambdas.language_chain.admit_documents.handler")


def uploaded(key: str, version: str = "1") -> dict[str, Any]:
    detail = {"bucket": {"name": "inbox"}, "object": {"key": key, "version-id": version}}
    return {"detail-type": "Object Created", "detail": detail}


def ended(execution: str, status: str = "SUCCEEDED") -> dict[str, Any]:
    detail = {"name": execution, "status": status}
    return {"detail-type": "Step Functions Execution Status Change", "detail": detail}


RECONCILE = {"detail-type": "Scheduled Event"}
REDRIVE = {"detail-type": "Redrive"}
LOOK_FOR_UPLOADS = {"detail-type": "Look for uploads"}


@dataclass
class Intake:
    """The function with its table, its workflow and its bucket, in moto."""

    handler: Any
    context: SimpleNamespace

    def __post_init__(self) -> None:
        text = [{"AttributeName": name, "AttributeType": "S"} for name in ("document_id", "status")]
        index = {
            "IndexName": "by_status",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "received_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        self.dynamodb = boto3.client("dynamodb")
        self.dynamodb.create_table(
            TableName="documents",
            AttributeDefinitions=[*text, {"AttributeName": "received_at", "AttributeType": "S"}],  # type: ignore[list-item]
            KeySchema=[{"AttributeName": "document_id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[index],  # type: ignore[list-item]
            BillingMode="PAY_PER_REQUEST",
        )
        self.states = boto3.client("stepfunctions")
        passing = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
        role = "arn:aws:iam::123456789012:role/workflow"
        self.states.create_state_machine(name="chain", definition=json.dumps(passing), roleArn=role)
        self.s3 = boto3.client("s3")
        for bucket in ("inbox", "outbox"):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        self.s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str, body: bytes = b"text") -> str:
        """Upload a document without an event; its version."""
        return self.s3.put_object(Bucket="inbox", Key=key, Body=body)["VersionId"]

    def process(self, *messages: Any) -> list[str]:
        """Invoke the function with messages; returns the ids of those that failed."""
        records = [
            {
                "messageId": f"{index}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "eventSource": "aws:sqs",
            }
            for index, body in enumerate(messages)
        ]
        response = self.handler({"Records": records}, self.context)
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]

    def rows(self) -> dict[str, dict[str, str]]:
        items = self.dynamodb.scan(TableName="documents")["Items"]
        rows = [{name: next(iter(v.values())) for name, v in item.items()} for item in items]
        return {row["key"]: row for row in rows if "key" in row}  # type: ignore[misc]

    def statuses(self) -> dict[str, str]:
        return {key: row["status"] for key, row in self.rows().items()}

    def slots(self, kind: str = "slots") -> set[str]:
        item = self.dynamodb.get_item(TableName="documents", Key={"document_id": {"S": kind}})
        return set(item.get("Item", {}).get("running", {}).get("SS", []))

    def started(self) -> list[str]:
        executions = self.states.list_executions(stateMachineArn=CHAIN)["executions"]
        return sorted(execution["name"] for execution in executions)

    def execution(self, key: str) -> str:
        row = self.rows()[key]
        return f"{row['document_id']}-{row['attempt']}"

    def set(self, key: str, status: str) -> None:
        """Write a status, as the workflow does."""
        self.dynamodb.update_item(
            TableName="documents",
            Key={"document_id": {"S": self.rows()[key]["document_id"]}},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )

    def stop(self, key: str) -> None:
        self.states.stop_execution(
            executionArn=f"{CHAIN.replace('stateMachine', 'execution')}:{self.execution(key)}"
        )


@pytest.fixture
def intake(module: ModuleType, context: SimpleNamespace) -> Iterator[Intake]:
    with mock_aws():
        yield Intake(module.handler, context)


def test_an_upload_is_recorded_and_started_with_its_input(intake: Intake) -> None:
    assert intake.process(uploaded("a.txt")) == []
    (row,) = intake.rows().values()
    assert (row["status"], row["attempt"], row["version_id"]) == ("running", "1", "1")
    # Neither DynamoDB's time to live nor anything else deletes a document that is not done.
    assert "expires_at" not in row
    assert intake.started() == [intake.execution("a.txt")] == list(intake.slots())
    arn = f"{CHAIN.replace('stateMachine', 'execution')}:{intake.execution('a.txt')}"
    assert json.loads(intake.states.describe_execution(executionArn=arn)["input"]) == {
        "document_id": row["document_id"],
        "attempt": 1,
        "source": {"bucket": "inbox", "key": "a.txt", "version_id": "1"},
        "date": row["received_at"][:10],
        "media_format": "",
    }


def test_a_repeated_event_starts_nothing_and_a_new_version_is_another_document(
    intake: Intake,
) -> None:
    intake.process(uploaded("a.txt"), uploaded("a.txt"))
    intake.process(uploaded("a.txt"))
    assert len(intake.started()) == 1
    intake.process(uploaded("a.txt", version="2"))
    assert len(intake.started()) == 2


def test_no_more_than_the_slots_run_and_the_oldest_is_next(intake: Intake) -> None:
    for key in "abcd":
        intake.process(uploaded(key))
    assert intake.statuses() == {"a": "running", "b": "running", "c": "received", "d": "received"}
    intake.set("b", "done")
    intake.process(ended(intake.execution("b")))
    assert intake.statuses()["c"] == "running"
    assert intake.slots() == {intake.execution("a"), intake.execution("c")}
    # The same event again returns no slot of another execution.
    intake.process(ended(intake.execution("b")))
    assert intake.statuses()["d"] == "received"


def test_every_document_is_processed(intake: Intake) -> None:
    keys = [f"{number:02d}.txt" for number in range(20)]
    intake.process(*map(uploaded, keys[:10]))
    intake.process(*map(uploaded, keys[10:]))
    for _ in keys:
        running = [key for key, status in intake.statuses().items() if status == "running"]
        assert len(running) <= 2
        if not running:
            break
        intake.set(running[0], "done")
        intake.process(ended(intake.execution(running[0])))
    assert set(intake.statuses().values()) == {"done"}
    assert len(intake.started()) == len(keys)
    assert not intake.slots()


@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED"])
def test_an_execution_stopped_from_outside_fails_its_document(intake: Intake, status: str) -> None:
    intake.process(uploaded("a.txt"))
    intake.process(ended(intake.execution("a.txt"), status))
    row = intake.rows()["a.txt"]
    assert row["status"] == "failed"
    assert status in row["reason"]
    reference = intake.s3.get_object(Bucket="outbox", Key=f"quarantine/{row['document_id']}.json")
    assert json.loads(reference["Body"].read())["source"]["key"] == "a.txt"
    assert not intake.slots()


def test_a_status_that_the_workflow_wrote_is_not_overwritten(intake: Intake) -> None:
    intake.process(uploaded("a.txt"))
    intake.set("a.txt", "done")
    intake.process(ended(intake.execution("a.txt"), "ABORTED"))
    assert intake.statuses() == {"a.txt": "done"}


def test_failed_documents_are_redriven_under_another_name(intake: Intake) -> None:
    intake.process(uploaded("a.txt"), uploaded("b.txt"))
    first = intake.execution("a.txt")
    intake.process(ended(first, "TIMED_OUT"))
    intake.set("b.txt", "done")
    intake.process(ended(intake.execution("b.txt")))
    intake.process(REDRIVE)
    assert intake.statuses() == {"a.txt": "running", "b.txt": "done"}
    assert intake.execution("a.txt") == first.removesuffix("1") + "2"
    assert intake.execution("a.txt") in intake.started()
    assert "Contents" not in intake.s3.list_objects_v2(Bucket="outbox", Prefix="quarantine/")
    # A late event of the first attempt does not free the slot of the second.
    intake.process(ended(first))
    assert intake.slots() == {intake.execution("a.txt")}


def test_reconciling_starts_an_execution_that_holds_a_slot(
    intake: Intake, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "_start", lambda _: None)  # the function died just before it
        intake.process(uploaded("a.txt"))
    assert (intake.statuses(), intake.started()) == ({"a.txt": "running"}, [])
    intake.process(RECONCILE)
    assert intake.started() == [intake.execution("a.txt")]


def test_reconciling_resets_a_running_document_without_a_slot(
    intake: Intake, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module.table, "take_slot", lambda _: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            intake.process(uploaded("a.txt"))
    assert (intake.statuses(), intake.slots()) == ({"a.txt": "running"}, set())
    intake.process(RECONCILE)
    assert intake.started() == [intake.execution("a.txt")] == list(intake.slots())


def test_reconciling_frees_the_slots_of_executions_that_ended_unnoticed(intake: Intake) -> None:
    intake.process(uploaded("a.txt"), uploaded("b.txt"), uploaded("c.txt"))
    intake.stop("a.txt")
    intake.process(RECONCILE)
    assert intake.statuses() == {"a.txt": "failed", "b.txt": "running", "c.txt": "running"}


def test_reconciling_publishes_metrics(intake: Intake, capsys: pytest.CaptureFixture[str]) -> None:
    intake.process(*map(uploaded, "abcde"))
    intake.process(ended(intake.execution("a"), "TIMED_OUT"))
    capsys.readouterr()
    intake.process(RECONCILE)
    (published,) = (
        line
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        if "WaitingDocuments" in line
    )
    names = ("WaitingDocuments", "RunningDocuments", "FailedDocuments")
    assert [published[name] for name in names] == [[2], [2], [1]]
    assert 0 <= published["OldestRunning"][0] < 60
    assert published["OldestWaiting"][0] > 0


def test_only_failed_messages_are_returned(intake: Intake) -> None:
    assert intake.process(uploaded("a.txt"), {"detail-type": "Surprise"}, "no json") == ["1", "2"]
    assert intake.statuses() == {"a.txt": "running"}


def test_a_document_waits_if_a_concurrent_call_takes_the_last_slot(
    intake: Intake, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.table, "is_full", lambda _: False)
    intake.process(uploaded("a"), uploaded("b"), uploaded("c"))
    assert intake.statuses() == {"a": "running", "b": "running", "c": "received"}


def test_a_throttled_start_fails_the_batch_and_the_next_try_starts_it(
    intake: Intake, module: ModuleType
) -> None:
    with Stubber(module.states) as stub:
        stub.add_client_error("start_execution", "ThrottlingException")
        with pytest.raises(module.states.exceptions.ClientError):
            intake.process(uploaded("a.txt"))
    intake.process(RECONCILE)
    assert intake.started() == [intake.execution("a.txt")]


def test_the_marker_of_a_folder_is_no_document(intake: Intake) -> None:
    assert intake.process(uploaded("letters/")) == []
    assert intake.rows() == {}


def test_uploads_that_no_event_announced_are_found_once(intake: Intake) -> None:
    version = intake.put("a.txt")
    intake.process(uploaded("a.txt", version))
    for key in ("b.txt", "letters/", "collections/letters/1.txt", "deleted.txt"):
        intake.put(key)
    intake.s3.delete_object(Bucket="inbox", Key="deleted.txt")
    for _ in range(2):
        assert intake.process(LOOK_FOR_UPLOADS) == []
        assert intake.statuses() == {"a.txt": "running", "b.txt": "running"}
    # The event comes late.
    intake.process(uploaded("b.txt", intake.rows()["b.txt"]["version_id"]))
    assert len(intake.started()) == 2


VOICE_NOTE = b"OggS\0\2" + bytes(22) + b"\1\x13OpusHead\1\1"


def test_recordings_and_texts_wait_for_slots_of_their_own(intake: Intake) -> None:
    keys = [f"{number}.opus" for number in range(3)]
    recordings = [uploaded(key, intake.put(key, VOICE_NOTE)) for key in keys]
    intake.process(*recordings, uploaded("a.txt"))
    assert intake.statuses() == {
        "0.opus": "running",
        "1.opus": "recording_received",
        "2.opus": "recording_received",
        "a.txt": "running",
    }
    first = intake.execution("0.opus")
    assert (intake.slots(), intake.slots("recording_slots")) == (
        {intake.execution("a.txt")},
        {first},
    )
    # The workflow has the transcript, and takes a slot of the texts: it holds two.
    intake.dynamodb.update_item(
        TableName="documents",
        Key={"document_id": {"S": "slots"}},
        UpdateExpression="ADD running :one",
        ExpressionAttributeValues={":one": {"SS": [first]}},
    )
    intake.process(uploaded("b.txt"))
    assert intake.statuses()["b.txt"] == "received"
    intake.set("0.opus", "done")
    intake.process(ended(first))
    assert {key: intake.statuses()[key] for key in ("1.opus", "2.opus", "b.txt")} == {
        "1.opus": "running",
        "2.opus": "recording_received",
        "b.txt": "running",
    }
    assert intake.slots("recording_slots") == {intake.execution("1.opus")}


def test_a_failed_recording_is_redriven_as_one(intake: Intake) -> None:
    intake.process(uploaded("a.opus", intake.put("a.opus", VOICE_NOTE)))
    intake.process(ended(intake.execution("a.opus"), "TIMED_OUT"))
    intake.process(REDRIVE)
    row = intake.rows()["a.opus"]
    assert (row["status"], row["attempt"], row["media_format"]) == ("running", "2", "ogg")
    assert intake.slots("recording_slots") == {intake.execution("a.opus")}


@pytest.mark.parametrize(
    ("head", "key", "content_type", "expected"),
    [
        (VOICE_NOTE, "note", "", "ogg"),
        (VOICE_NOTE, "voice.oga", "application/octet-stream", "ogg"),
        (b"#!AMR\n", "a.txt", "text/plain", "amr"),
        (b"fLaC\0\0\0\x22", "a", "", "flac"),
        (b"ID3\4\0", "a", "", "mp3"),
        (b"\xff\xfb\x90\x64", "a", "", "mp3"),
        (b"\0\0\0\x20ftypM4A ", "a", "", "m4a"),
        (b"\0\0\0\x20ftypisom", "a", "", "mp4"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a", "", "wav"),
        (b"\x1aE\xdf\xa3\x9f", "a", "", "webm"),
        # By what it is called alone: Transcribe says whether it understands it.
        (b"\0\0\0\0", "a.MP3", "", "unknown"),
        (b"\0\0\0\0", "a", "audio/basic", "unknown"),
        # Texts and pictures.
        ("Grüße".encode("utf-16"), "a.txt", "", ""),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", "", ""),
        (b"\0\0\0\x20ftypheic", "a", "", ""),
        (b"ID", "a.txt", "", ""),
        (b"", "a.txt", "text/plain", ""),
    ],
)
def test_what_a_recording_is(head: bytes, key: str, content_type: str, expected: str) -> None:
    assert media_format(head, key, content_type) == expected


@given(text=st.text(min_size=1))
def test_no_text_in_utf_8_is_an_mp3_without_a_tag(text: str) -> None:
    assert media_format(text.encode(), "a", "") != "mp3" or text.startswith("ID3")


def test_each_version_of_an_upload_is_found(intake: Intake) -> None:
    versions = [intake.put("a.txt"), intake.put("a.txt")]
    intake.process(LOOK_FOR_UPLOADS)
    items = intake.dynamodb.scan(TableName="documents")["Items"]
    assert {item["version_id"]["S"] for item in items if "version_id" in item} == {*versions}


def test_uploads_whose_item_may_have_expired_are_not_processed_again(
    intake: Intake, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.put("a.txt")
    monkeypatch.setattr(module, "SETTINGS", replace(module.SETTINGS, keep_days=0))
    intake.process(LOOK_FOR_UPLOADS)
    assert intake.rows() == {}


def test_more_uploads_than_a_batch_holds_are_found(
    intake: Intake, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(module, "_MOST_UPLOADS_A_RUN", 3)
    keys = [f"{number}.txt" for number in range(5)]
    for key in keys:
        intake.put(key)
    intake.process(LOOK_FOR_UPLOADS)
    assert len(intake.rows()) == 3
    intake.process(LOOK_FOR_UPLOADS)
    assert sorted(intake.rows()) == keys


def test_messages() -> None:
    assert message(json.dumps(LOOK_FOR_UPLOADS)) == LookForUploads()
    assert message(json.dumps(RECONCILE)) == Reconcile()
    assert message(json.dumps(REDRIVE)) == Redrive()
    assert message(json.dumps(ended("a-1"))) == Ended("a-1", "SUCCEEDED")
    with pytest.raises(ValueError, match="detail-type None"):
        message("{}")


@given(key=st.text(min_size=1).filter(lambda key: not key.endswith("/")), version=st.text())
def test_a_document_has_one_name_that_an_execution_may_have(key: str, version: str) -> None:
    upload = message(json.dumps(uploaded(key, version)))
    assert upload == Uploaded(Source("inbox", key, version))
    assert isinstance(upload, Uploaded)
    assert len(f"{upload.source.document_id}-99") <= 80
