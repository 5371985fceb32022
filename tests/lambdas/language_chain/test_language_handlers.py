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
    "LANGUAGE": "en",
    "PERSONAL_DATA": "true",
}


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The handlers read their environment when they are imported, as they do on Lambda."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        names = ("split_document", "merge_results", "search_pieces")
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
    event = {
        "work": "work/1/",
        "parts": "source",
        "results": "translated",
        "made_by": "en none",
        "most_bytes": most_bytes,
        **document,
    }
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
        "digest": answer["digest"],
        "parts": 2,
        "searches": [],
        "left": [0, 1],
        "reading": {
            "format": "text",
            "charset": "utf-8",
            "charset_source": "bytes",
            "charset_confidence": 1.0,
            "replaced": 0,
            "attachments": [],
        },
    }
    prefix = f"work/1/source/{answer['digest']}/"
    parts = [read(s3, f"{prefix}{number}.json")["text"] for number in range(answer["parts"])]
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


def test_a_part_that_was_not_translated_keeps_its_language(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    put(s3, "work/1/translated/d/0.json", {"text": "one, "})
    put(s3, "work/1/source/d/1.json", {"text": "zwei"})
    joined = {
        "prefix": "work/1/translated/d/",
        "chunks": 2,
        "lost": [1],
        "instead": "work/1/source/d/",
    }
    answer = split(modules, context, joined=joined, searched_bytes=100)
    assert answer["sample"] == "one, zwei"


def test_what_has_a_result_is_not_left_unless_text_or_settings_differ(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    def left(text: bytes, **settings: Any) -> tuple[list[int], str]:
        upload = source(s3, "a.txt", text)
        answer = split(modules, context, source=upload, content_type="text/plain", **settings)
        return answer["left"], answer["digest"]

    text = b"One two three. Four five six."
    nothing_done, digest = left(text)
    put(s3, f"work/1/translated/{digest}/1.json", {"text": "Vier"})
    assert left(text) == ([0], digest)
    # Another terminology, another text: whatever was made before is not used.
    assert left(text, made_by="en words-2")[0] == nothing_done == [0, 1]
    assert left(b"One two three. Four five ten.")[0] == [0, 1]


def test_pieces_and_runs_of_pieces_are_left_to_be_analysed(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    put(s3, "work/1/translated/d/0.json", {"text": "One two three. " * 5})
    event: dict[str, Any] = {
        "joined": {"prefix": "work/1/translated/d/", "chunks": 1, "lost": [], "instead": ""},
        "parts": "pieces",
        "results": "findings",
        "searched_bytes": 50,
    }
    answer = split(modules, context, **event)
    assert (answer["parts"], answer["searches"]) == (5, ["0-2", "3-4"])
    assert answer["left"] == ["0-2", "3-4", 0, 1, 2, 3, 4]
    for part in ("0-2", "4"):
        put(s3, f"work/1/findings/{answer['digest']}/{part}.json", {})
    # What Comprehend did not finish is no result.
    put(s3, f"work/1/findings/{answer['digest']}/3-4.unfinished.json", {})
    assert split(modules, context, **event)["left"] == ["3-4", 0, 1, 2, 3]


def test_a_document_of_five_megabytes_comes_back_whole(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    text = "".join(f"Satz {number} über größere Dinge. " for number in range(150_000))
    assert len(text.encode()) > 5_000_000
    upload = source(s3, "a.txt", text.encode())
    answer = split(modules, context, 9_500, source=upload, content_type="")
    prefix = f"work/1/source/{answer['digest']}/"
    joined = {"prefix": prefix, "chunks": answer["parts"], "lost": [], "instead": ""}
    event: dict[str, Any] = {"joined": joined, "parts": "pieces", "searched_bytes": 100_000}
    pieces = split(modules, context, 4_900, **event)
    prefix = f"work/1/pieces/{pieces['digest']}/"
    parts = [read(s3, f"{prefix}{number}.json")["text"] for number in range(pieces["parts"])]
    assert "".join(parts) == text
    runs = [tuple(map(int, run.split("-"))) for run in pieces["searches"]]
    searched = ["".join(parts[first : last + 1]) for first, last in runs]
    assert "".join(searched) == text
    assert max(len(run.encode()) for run in searched) <= 100_000
    # A call for each 5 KB would be twenty times as many.
    assert len(parts) / len(runs) > 19
    assert max(len(part.encode()) for part in parts) <= 4_900
    # Thirteen times this text stays below the 256 KiB of a state.
    assert len(json.dumps(pieces)) < 20_000


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
    lost: list[dict[str, Any]] | None = None,
) -> Any:
    put(s3, "work/1/pieces/d/0.json", {"text": text})
    at = {"BeginOffset": 0, "EndOffset": 4, "Score": 0.9}
    entities = [{"Text": "Anna", "Type": "PERSON", **at}]
    if not lost:
        put(s3, "work/1/findings/d/0.json", {"SentimentScore": SCORES})
        findings = {"Entities": entities, "KeyPhrases": []}
        put(s3, "work/1/findings/d/0-0.json", {**findings, "PiiEntities": [{"Type": "NAME", **at}]})
    document = {
        "document_id": "1",
        "bucket": "inbox",
        "key": "a.txt",
        "source_language": "de",
        "target_language": "en",
        "date": "2026-11-20",
    }
    event = {
        "document": document,
        "prefix": "work/1/",
        "pieces": {"from": "work/1/pieces/d/", "count": 1},
        "findings": {"from": "work/1/findings/d/", "searches": ["0-0"]},
        "lost": lost or [],
    }
    return modules["merge_results"].handler(event, context)


def test_the_result_and_its_row(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    answer = merge(modules, context, s3, "Anna is glad.")
    assert answer == {
        "result_key": "results/1.json",
        "row_key": "rows/date=2026-11-20/source_language=de/1.json",
        "sentiment": "POSITIVE",
        "speakable": True,
    }
    result = read(s3, answer["result_key"])
    assert (result["text"], result["lost_parts"]) == ("Anna is glad.", [])
    row = read(s3, answer["row_key"])
    assert (row["entities"], row["pii_types"], row["lost_parts"]) == (["Anna"], ["NAME"], 0)
    assert not {"date", "source_language"} & set(row)
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
    lost: list[dict[str, Any]] = [
        {"number": "0-0", "step": "searching", "error": "E", "cause": "c"},
        {"number": 0, "step": "judging", "error": "E", "cause": "c"},
    ]
    answer = merge(modules, context, s3, "Anna is glad.", lost)
    result = read(s3, answer["result_key"])
    assert (result["text"], result["lost_parts"]) == ("Anna is glad.", lost)
    assert (result["sentiment"], result["entities"]) == ("UNKNOWN", [])
    assert read(s3, answer["row_key"])["lost_parts"] == 2


def search(
    modules: dict[str, ModuleType], context: SimpleNamespace, stub: Stubber, *, again: bool
) -> Any:
    event = {"from": "work/1/pieces/d/", "pieces": "0-1", "to": "work/1/findings/d/"}
    with stub:
        return modules["search_pieces"].handler({**event, "again": again}, context)


def test_pieces_are_searched_as_one_text_and_nothing_is_asked_twice(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    put(s3, "work/1/pieces/d/0.json", {"text": "Anna "})
    put(s3, "work/1/pieces/d/1.json", {"text": "Schmidt"})
    request = {"Text": "Anna Schmidt", "LanguageCode": "en"}
    person = {"Score": 0.5, "Type": "PERSON", "Text": "Anna", "BeginOffset": 0, "EndOffset": 4}
    module = modules["search_pieces"]
    stub = Stubber(module.comprehend)
    stub.add_response("detect_entities", {"Entities": [person]}, request)
    stub.add_client_error("detect_key_phrases", "ThrottlingException", "Rate exceeded")
    assert search(modules, context, stub, again=False) == {
        "complete": False,
        "error": "Comprehend.ThrottlingException",
        "cause": "Rate exceeded",
    }
    stub = Stubber(module.comprehend)
    stub.add_response("detect_key_phrases", {"KeyPhrases": []}, request)
    stub.add_response("detect_pii_entities", {"Entities": []}, request)
    assert search(modules, context, stub, again=True) == {"complete": True}
    stub.assert_no_pending_responses()
    assert read(s3, "work/1/findings/d/0-1.json") == {
        "Entities": [person],
        "KeyPhrases": [],
        "PiiEntities": [],
    }


def test_a_search_that_is_refused_fails(
    modules: dict[str, ModuleType], context: SimpleNamespace, s3: S3Client
) -> None:
    for number in (0, 1):
        put(s3, f"work/1/pieces/d/{number}.json", {"text": "a"})
    stub = Stubber(modules["search_pieces"].comprehend)
    stub.add_client_error("detect_entities", "TextSizeLimitExceededException")
    with pytest.raises(ClientError, match="TextSizeLimit"):
        search(modules, context, stub, again=False)


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
