"""Split and merge with S3: from an upload to its result, and what cannot be read."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from stacks.language_chain.results import COLUMNS

REGION: Literal["eu-central-1"] = "eu-central-1"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
    "FORMATS": "text,html",
    "JSON_LINES_FIELD": "text",
    "REDACT": "false",
    "RESULTS_BUCKET": "outbox",
    "SPEAK": "everything",
}


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The handlers read their environment when they are imported, as they do on Lambda."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        names = ("split_document", "merge_results")
        yield {
            name: importlib.import_module(f"lambdas.language_chain.{name}.handler")
            for name in names
        }


@pytest.fixture
def s3(modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        for bucket in ("inbox", "outbox"):
            client.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        client.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
        yield client


def read(s3: S3Client, key: str) -> Any:
    return json.loads(s3.get_object(Bucket="outbox", Key=key)["Body"].read())


def put(s3: S3Client, key: str, value: Any) -> None:
    s3.put_object(Bucket="outbox", Key=key, Body=json.dumps(value).encode())


def source(s3: S3Client, key: str, body: bytes) -> dict[str, Any]:
    version = s3.put_object(Bucket="inbox", Key=key, Body=body)["VersionId"]
    return {"bucket": "inbox", "key": key, "version_id": version}


def split(
    modules: dict[str, ModuleType], context: SimpleNamespace, most_bytes: int = 20, **document: Any
) -> Any:
    event = {"prefix": "work/1/source/", "most_bytes": most_bytes, **document}
    return modules["split_document"].handler(event, context)


def test_the_version_that_was_uploaded_is_split(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    first = source(s3, "a.txt", b"One two three. Four five six.")
    source(s3, "a.txt", b"overwritten since")
    answer = split(modules, context, source=first, content_type="text/plain")
    assert answer == {
        "readable": True,
        "sample": "One two three. Four five six.",
        "characters": 29,
        "chunks": ["00000", "00001"],
        "reading": {
            "format": "text",
            "charset": "utf-8",
            "charset_source": "bytes",
            "charset_confidence": 1.0,
            "replaced": 0,
            "attachments": [],
        },
        "translated": False,
    }
    parts = [read(s3, f"work/1/source/{number}.json")["text"] for number in answer["chunks"]]
    assert parts == ["One two three. ", "Four five six."]


def test_an_unreadable_document_is_an_answer_and_no_error(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    upload = source(s3, "a.md", b"# Title")
    answer = split(modules, context, source=upload, content_type="")
    assert answer["readable"] is False
    assert "it is markdown, and the setting `formats` allows text, html" in answer["reason"]
    assert "Contents" not in s3.list_objects_v2(Bucket="outbox")


def test_a_transcript_is_split_as_a_text_is(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    put(s3, "work/1/transcript.json", {"results": {"transcripts": [{"transcript": "Hello."}]}})
    answer = split(modules, context, transcript="work/1/transcript.json")
    assert answer["sample"] == "Hello."


JOINED = {
    "prefix": "work/1/translated/",
    "chunks": ["00000", "00001"],
    "lost": ["00001"],
    "instead": "work/1/source/",
    "language": "en",
}


def test_a_part_that_was_not_translated_keeps_its_language(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    put(s3, "work/1/translated/00000.json", {"text": "one, ", "language": "en"})
    put(s3, "work/1/source/00001.json", {"text": "zwei"})
    answer = split(modules, context, joined=JOINED)
    assert (answer["sample"], answer["translated"]) == ("one, zwei", False)


@pytest.mark.parametrize(("language", "translated"), [("en", True), ("de", False)])
def test_a_text_is_translated_if_every_part_came_back_in_the_target_language(
    modules: dict[str, ModuleType],
    context: SimpleNamespace,
    s3: S3Client,
    language: str,
    translated: bool,
) -> None:
    put(s3, "work/1/translated/00000.json", {"text": "one, ", "language": "en"})
    put(s3, "work/1/translated/00001.json", {"text": "zwei", "language": language})
    answer = split(modules, context, joined={**JOINED, "lost": []})
    assert answer["translated"] is translated


def test_a_document_of_five_megabytes_comes_back_whole(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    text = "".join(f"Satz {number} über größere Dinge. " for number in range(150_000))
    assert len(text.encode()) > 5_000_000
    upload = source(s3, "a.txt", text.encode())
    answer = split(modules, context, 9_500, source=upload, content_type="")
    joined = {
        "prefix": "work/1/source/",
        "chunks": answer["chunks"],
        "lost": [],
        "instead": "",
        "language": "en",
    }
    pieces = split(modules, context, 4_900, joined=joined, prefix="work/1/pieces/")["chunks"]
    parts = [read(s3, f"work/1/pieces/{number}.json")["text"] for number in pieces]
    assert "".join(parts) == text
    assert max(len(part.encode()) for part in parts) <= 4_900
    # The answer stays far below the 256 KiB of a state.
    assert len(json.dumps(answer)) < 20_000


def test_denied_is_an_error_that_the_workflow_catches(
    modules: dict[str, ModuleType], context: SimpleNamespace
) -> None:
    module = modules["split_document"]
    with Stubber(module.s3) as stub:
        stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            split(modules, context, source={"bucket": "b", "key": "a.txt"}, content_type="")


SCORES = {"Positive": 1.0, "Negative": 0.0, "Neutral": 0.0, "Mixed": 0.0}


def merge(
    modules: dict[str, ModuleType],
    context: SimpleNamespace,
    s3: S3Client,
    text: str,
    lost: list[dict[str, str]] | None = None,
) -> Any:
    put(s3, "work/1/pieces/00000.json", {"text": text})
    at = {"BeginOffset": 0, "EndOffset": 4, "Score": 0.9}
    entities = [{"Text": "Anna", "Type": "PERSON", **at}]
    if not lost:
        findings = {"SentimentScore": SCORES, "Entities": entities, "KeyPhrases": []}
        put(s3, "work/1/findings/00000.json", {**findings, "PiiEntities": [{"Type": "NAME", **at}]})
    document = {
        "document_id": "1",
        "bucket": "inbox",
        "key": "a.txt",
        "source_language": "de",
        "target_language": "en",
        "date": "2026-11-20",
        "reading": {"format": "text", "charset": "cp1252", "charset_confidence": 0.8},
    }
    event = {"document": document, "prefix": "work/1/", "pieces": ["00000"], "lost": lost or []}
    event["translated"] = not lost
    return modules["merge_results"].handler(event, context)


def test_the_result_and_its_row(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    answer = merge(modules, context, s3, "Anna is glad.")
    assert answer == {
        "result_key": "results/1.json",
        "row_key": "rows/date=2026-11-20/1.json",
        "sentiment": "POSITIVE",
        "speakable": True,
    }
    result = read(s3, answer["result_key"])
    assert (result["text"], result["lost_parts"]) == ("Anna is glad.", [])
    row = read(s3, answer["row_key"])
    assert (row["entities"], row["pii_types"], row["lost_parts"]) == (["Anna"], ["NAME"], 0)
    assert (row["translated"], row["charset"], row["charset_confidence"]) == (True, "cp1252", 0.8)
    # Athena rejects a row with the partition's column, and shows no other than the table's.
    assert set(row) == set(COLUMNS)
    assert row["source_language"] == "de"
    assert read(s3, "work/1/speech.json") == {"text": "Anna is glad."}


def test_redacted_results_contain_no_name(
    modules: dict[str, ModuleType],
    context: SimpleNamespace,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = modules["merge_results"]
    monkeypatch.setattr(module, "SETTINGS", replace(module.SETTINGS, redact=True))
    answer = merge(modules, context, s3, "Anna is glad.")
    for key in (answer["result_key"], answer["row_key"], "work/1/speech.json"):
        assert "Anna" not in json.dumps(read(s3, key)), key
    assert read(s3, answer["result_key"])["text"] == "[NAME] is glad."


def test_a_part_that_was_not_analysed_is_reported(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    lost = [{"number": "00000", "step": "analysing", "error": "E", "cause": "c"}]
    answer = merge(modules, context, s3, "Anna is glad.", lost)
    result = read(s3, answer["result_key"])
    assert (result["text"], result["lost_parts"]) == ("Anna is glad.", lost)
    assert read(s3, answer["row_key"])["lost_parts"] == 1


@pytest.mark.parametrize(
    ("text", "speakable"), [("a" * 100_000, True), ("a" * 100_001, False), ("字" * 70_000, False)]
)
def test_a_text_beyond_the_limits_of_polly_or_a_state_is_not_spoken(
    modules: dict[str, ModuleType],
    context: SimpleNamespace,
    s3: S3Client,
    text: str,
    speakable: bool,
) -> None:
    assert merge(modules, context, s3, text)["speakable"] is speakable
    objects = s3.list_objects_v2(Bucket="outbox", Prefix="work/1/speech.json")
    assert ("Contents" in objects) is speakable


def test_the_logs_contain_nothing_of_a_document(
    modules: dict[str, ModuleType],
    context: SimpleNamespace,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = StringIO()
    for module in modules.values():
        monkeypatch.setattr(module.logger.registered_handler, "stream", log)
    text = "Anna climbed the Kilimanjaro."
    split(modules, context, source=source(s3, "a.txt", text.encode()), content_type="")
    merge(modules, context, s3, text)
    with pytest.raises(ClientError):
        split(modules, context, source={"bucket": "inbox", "key": "no.txt"}, content_type="")
    assert '"message":"split"' in log.getvalue()
    assert '"message":"merged"' in log.getvalue()
    assert not any(word in log.getvalue() for word in text.rstrip(".").split() if len(word) > 3)
