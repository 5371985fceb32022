"""The figures that the language chain's demo compares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demos.language_chain.library import DOCUMENTS, Text
from local.demos.language_chain.recordings import BOOK, FLIGHT_TEXT
from local.demos.language_chain.word_errors import word_error_rate
from local.demos.report import Check
from local.services.athena.queries import Answer
from local.services.comprehend.text_engine import Finding
from local.services.translate.text_translation import MARK

UNDERSTOOD, NOT_UNDERSTOOD = "a recording that is understood", "a recording that is not understood"
HEARD_AGAIN = "what Polly made of that, heard again"
READ_ALOUD = {"two_cities": "a page of Dickens, read aloud", "beckett": "a line of Beckett's"}
LATIN = "latin.txt"
# The states that poll Transcribe and Polly; the stand-ins are done at the third look, or later.
_POLLS = ("Check the transcription", "Check the speech")
# The share of words that may be heard wrongly, at most: Whisper base hears the book without an
# error, and Newark as New York, two errors in 29 words.
_MOST_ERRORS = 0.1
_MOST_ERRORS_IN_BOOK = 0.05


@dataclass
class Result:
    """What the demo did, for the report."""

    texts: dict[str, Text]
    """Key of each text -> what is known about it."""
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
    transcripts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Kind of recording -> what Transcribe wrote."""
    heard: bool = False
    """Whether recordings were heard and texts spoken, or answers were recorded."""
    collection: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    found_again: dict[str, list[Finding]] = field(default_factory=dict)
    """Key of a document -> the entities that its engine finds in the result's text."""
    engines: dict[str, str] = field(default_factory=dict)
    """Service -> what has answered for it."""


def compare(result: Result) -> list[Check]:
    """Every check."""
    return [
        *_statuses(result),
        *_contents(result),
        *_judgements(result),
        *_workflows(result),
        *_recordings(result),
    ]


def _statuses(result: Result) -> list[Check]:
    rows = {row["key"]: row for row in result.documents}
    failed = sorted(key for key, row in rows.items() if row["status"] == "failed")
    languages = {key: text.language for key, text in result.texts.items()}
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
    # A translation is compared with nothing: which one it is depends on the machine.
    incomplete = [
        key
        for key, text in result.texts.items()
        if not (document := result.results[key])["translated"]
        and MARK.sub("", document["text"]) != text.text
    ]
    misread = [
        key for key, text in result.office.items() if not result.results[key]["text"].endswith(text)
    ]
    by_language = result.answers[0].rows
    return [
        Check("texts that are incomplete", [], incomplete),
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
        # Each recording is one row more.
        Check(
            "rows in Athena",
            len(result.results) + len(result.transcripts),
            int(by_language["documents"].sum()),
        ),
    ]


def _judgements(result: Result) -> list[Check]:
    """What engines say, beside what a reader knows, and beside the engines asked once more."""
    documents = result.results
    sentiments = {key: text.sentiment for key, text in result.texts.items() if text.sentiment}
    picked_names = [
        (key, *entity) for key, text in result.texts.items() for entity in text.entities.items()
    ]
    recognised = [
        (key, name) for key, name, kind in picked_names if (name, kind) in _entities(documents[key])
    ]
    rows = result.answers[2].rows
    in_athena: dict[str, list[str]] = {key: [] for key in rows["key"]}
    for key, name in rows.dropna(subset=["entity"])[["key", "entity"]].itertuples(index=False):
        in_athena[key].append(name)
    misplaced = {
        key: missing
        for key, text in result.texts.items()
        if (missing := {*text.pii.items()} - _personal_data(documents[key]))
    }
    return [
        Check(
            "sentiments as a reader has them", sentiments, _of(documents, sentiments, "sentiment")
        ),
        Check(
            f"of {len(picked_names)} names that a reader picked, three quarters are recognised",
            True,
            len(recognised) >= 0.75 * len(picked_names),
        ),
        Check(
            "documents whose names in Athena are others than the engine finds once more",
            [],
            [
                key
                for key, findings in result.found_again.items()
                if sorted(in_athena[key]) != sorted(_names_once(documents[key]["text"], findings))
            ],
        ),
        Check("personal data that offsets do not cut out of the text", {}, misplaced),
        Check(
            "documents that are wrongly said to be translated, or not",
            [],
            [
                key
                for key, document in documents.items()
                if document["translated"]
                != (document["source_language"] != "en" and not MARK.search(document["text"]))
            ],
        ),
    ]


def _of(documents: Mapping[str, Mapping[str, Any]], keys: Iterable[str], name: str) -> Any:
    return {key: documents[key][name] for key in keys}


def _entities(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(entity["text"], entity["type"]) for entity in document["entities"]}


def _personal_data(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (document["text"][span["begin"] : span["end"]], entity["type"])
        for entity in document["pii"]
        for span in entity["spans"]
    }


def _names_once(text: str, findings: Iterable[Finding]) -> list[str]:
    """As the chain merges them: each name and type once, as it is first written."""
    first: dict[tuple[str, str], str] = {}
    for begin, end, kind, _ in findings:
        first.setdefault((kind, text[begin:end].casefold()), text[begin:end])
    return list(first.values())


def _wrong_offsets(document: Mapping[str, Any]) -> int:
    return sum(
        document["text"][span["begin"] : span["end"]] != entity["text"]
        for entity in document["entities"]
        for span in entity["spans"]
    )


def _workflows(result: Result) -> list[Check]:
    understood, refused = result.recordings[UNDERSTOOD], result.recordings[NOT_UNDERSTOOD]
    polls = {state: understood["states"].count(state) >= 3 for state in _POLLS}
    translated = result.collection.get("documents")
    short = list(DOCUMENTS.glob("*.txt"))
    return [
        Check(
            "a recording is transcribed, translated and spoken", "SUCCEEDED", understood["status"]
        ),
        Check("three calls at least until it was done", dict.fromkeys(_POLLS, True), polls),
        Check("one that is not understood fails", "TranscriptionFailed", refused.get("error")),
        Check("texts of the collection translated", len(short), translated),
    ]


def heard_by(result: Result) -> str:
    """A sentence for the report: whose ears and whose voice these are."""
    if result.heard:
        return (
            "Whisper base hears for Transcribe, and piper speaks for Polly: neither has the"
            " service's errors."
        )
    return (
        "Recorded answers of Whisper base stand in for Transcribe, and silence for Polly:"
        " .venv-speech could not be set up."
    )


def word_error_figure(result: Result) -> str:
    """How many words were heard wrongly, and by whom."""
    by = "by Whisper base" if result.heard else "in recorded answers of Whisper base"
    rates = [f"{rate:.1%} of {name}" for name, rate in _word_errors(result).items()]
    return f"words heard wrongly {by}: {', '.join(rates)}"


def _recordings(result: Result) -> list[Check]:
    """What was heard, as far as recordings and engines are there."""
    errors = _word_errors(result)
    limits = dict.fromkeys(errors, _MOST_ERRORS) | {"the book": _MOST_ERRORS_IN_BOOK}
    too_many = [name for name, rate in errors.items() if rate > limits[name]]
    faults = {
        fault
        for transcript in result.transcripts.values()
        for fault in faults_of_transcript(transcript)
    }
    return [
        Check("recordings with more words wrong than stated", [], too_many),
        Check("faults in the form of transcripts", [], sorted(faults)),
    ]


def _word_errors(result: Result) -> dict[str, float]:
    texts = {UNDERSTOOD: FLIGHT_TEXT, READ_ALOUD["two_cities"]: BOOK, HEARD_AGAIN: FLIGHT_TEXT}
    names = {
        UNDERSTOOD: "a synthetic voice",
        READ_ALOUD["two_cities"]: "the book",
        HEARD_AGAIN: "what Polly said",
    }
    return {
        names[case]: word_error_rate(text, _transcript(result.transcripts[case]))
        for case, text in texts.items()
        if case in result.transcripts
    }


def _transcript(results: Mapping[str, Any]) -> str:
    text: str = results["transcripts"][0]["transcript"]
    return text


def faults_of_transcript(results: Mapping[str, Any]) -> list[str]:
    """What a transcript lacks of Transcribe's form; nothing, if all is well."""
    spoken = [item for item in results["items"] if item["type"] == "pronunciation"]
    times = [float(item[end]) for item in spoken for end in ("start_time", "end_time")]
    alternatives = [item["alternatives"][0] for item in results["items"]]
    confidences = [float(item["alternatives"][0]["confidence"]) for item in spoken]
    pieces = "".join(alternative["content"] for alternative in alternatives)
    faults = {
        "times do not rise": times != sorted(times),
        "a confidence is not between 0 and 1": not all(0 <= value <= 1 for value in confidences),
        "the items are not the transcript": pieces != _transcript(results).replace(" ", ""),
    }
    return [fault for fault, applies in faults.items() if applies]
