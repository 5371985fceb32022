"""The figures that the language chain's demo compares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demos.report import Check
from local.services.athena.queries import Answer

UNDERSTOOD, NOT_UNDERSTOOD = "a recording that is understood", "a recording that is not understood"
LATIN = "latin.txt"
# The states that poll Transcribe and Polly; the stand-ins are done at the third look.
_POLLS = ("Check the transcription", "Check the speech")


@dataclass
class Result:
    """What the demo did, for the report."""

    texts: dict[str, str]
    """Key of each short document -> its text; the name is the language."""
    long_text: str
    broken: list[str]
    """Keys of the documents that must fail."""
    office: dict[str, str] = field(default_factory=dict)
    """Key of each file in another format -> its text."""
    documents: list[dict[str, str]] = field(default_factory=list)
    """The rows of the status table."""
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Key of a document -> its result."""
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Kind of recording -> the execution."""
    collection: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)


def compare(result: Result) -> list[Check]:
    """Every check."""
    return [*_statuses(result), *_contents(result), *_workflows(result)]


def _statuses(result: Result) -> list[Check]:
    rows = {row["key"]: row for row in result.documents}
    failed = sorted(key for key, row in rows.items() if row["status"] == "failed")
    languages = {key: key.removesuffix(".txt") for key in result.texts}
    return [
        Check("documents done", len(result.texts) + len(result.office) + 1, len(result.results)),
        Check("documents failed, each with its reason", sorted(result.broken), failed),
        Check(
            "Latin fails as a language that Translate does not support",
            True,
            "UnsupportedLanguagePair" in rows[LATIN].get("reason", ""),
        ),
        Check(
            "detected languages",
            languages,
            {key: rows[key].get("source_language") for key in languages},
        ),
    ]


def _contents(result: Result) -> list[Check]:
    long_document = result.results["long.txt"]
    incomplete = [
        key for key, text in result.texts.items() if not result.results[key]["text"].endswith(text)
    ]
    misread = [
        key for key, text in result.office.items() if not result.results[key]["text"].endswith(text)
    ]
    by_language = result.answers[0].rows
    pii = [entity["type"] for entity in result.results["en.txt"]["pii"]]
    return [
        Check("texts that are incomplete", 0, len(incomplete)),
        Check("files of Word, PDF, mail, a table and a page that were misread", [], misread),
        Check(
            "the charset that was guessed, and is in the result",
            ("cp1252", "guessed"),
            tuple(
                result.results["export.csv"]["reading"][name]
                for name in ("charset", "charset_source")
            ),
        ),
        Check(
            "the long text, in a Distributed Map, is whole again",
            True,
            long_document["text"] == result.long_text,
        ),
        Check("entity offsets that do not match the text", 0, _wrong_offsets(long_document)),
        # The recording is one row more.
        Check("rows in Athena", len(result.results) + 1, int(by_language["documents"].sum())),
        Check("personal data found in English", ["EMAIL"], pii),
    ]


def _wrong_offsets(document: Mapping[str, Any]) -> int:
    return sum(
        document["text"][span["begin"] : span["end"]] != entity["text"]
        for entity in document["entities"]
        for span in entity["spans"]
    )


def _workflows(result: Result) -> list[Check]:
    understood, refused = result.recordings[UNDERSTOOD], result.recordings[NOT_UNDERSTOOD]
    polls = {state: understood["states"].count(state) for state in _POLLS}
    translated = result.collection.get("documents")
    return [
        Check(
            "a recording is transcribed, translated and spoken", "SUCCEEDED", understood["status"]
        ),
        Check("calls until it was done", dict.fromkeys(_POLLS, 3), polls),
        Check("one that is not understood fails", "TranscriptionFailed", refused.get("error")),
        Check("texts of the collection translated", len(result.texts), translated),
    ]
