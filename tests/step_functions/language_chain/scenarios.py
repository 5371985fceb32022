"""Scenarios of the language chain's workflows."""

import json
from typing import Any

from tests.step_functions.scenario import FAILURE, Scenario, answers_with, in_turn
from tests.step_functions.scripted_aws import Throw

PUBLISHED = {"MessageId": "1"}
Settings = tuple[tuple[str, str], ...]


# Everything that is off by default; at once, because each combination takes a synth of its own.
_MORE = (
    ("language_chain.distribute_above", "1"),
    ("language_chain.lexicon", "true"),
    ("language_chain.terminology", "true"),
    ("language_chain.tolerated_percent", "50"),
    ("language_chain.vocabulary", "true"),
    ("language_chain.vocabulary_filter", "true"),
)
_SOURCE = {"bucket": "inbox", "key": "a.txt", "version_id": "v"}
_DOCUMENT = {
    "document_id": "1",
    "attempt": 1,
    "source": _SOURCE,
    "date": "2026-11-20",
    "media_format": "",
}
_RECORDING = {**_DOCUMENT, "source": {**_SOURCE, "key": "A.MP3"}, "media_format": "mp3"}
_RESULT = {
    "result_key": "results/1.json",
    "row_key": "rows/1.json",
    "sentiment": "POSITIVE",
    "speakable": True,
    "source_language": "de",
    "lost": 0,
}
NESTED = "arn:aws:states:eu-central-1:123456789012:execution:Read:1"


def _entered(state: str, kind: str) -> dict[str, Any]:
    return {"Type": f"{kind}StateEntered", "StateEnteredEventDetails": {"Name": state}}


def _failed(error: str | None, status: str = "FAILED") -> Throw:
    """What Step Functions reports of a nested execution."""
    execution = {"ExecutionArn": NESTED, "Status": status}
    if error:
        execution |= {"Error": error, "Cause": "as the service has it"}
    return Throw("States.TaskFailed", json.dumps(execution))


_CHAIN: dict[str, Any] = {
    "Inspect the upload": {"ContentType": "text/plain", "ContentLength": 5},
    "Listen": {"Output": {"transcript": "work/1/transcript/none.json"}},
    "Take a slot": {},
    "Read": {"Output": _RESULT},
    "Speak": {"Output": {"speech": "https://s3/outbox/speech/1.mp3"}},
    "Record the success": {},
    "Find the failed step": {
        "Events": [
            {"Type": "ExecutionFailed"},
            _entered("Too many parts failed", "Fail"),
            _entered("What is left?", "Choice"),
            _entered("Process the parts", "Map"),
        ]
    },
    "Quarantine": {},
    "Record the failure": {},
}


def _chain(
    name: str,
    execution_input: dict[str, Any] = _DOCUMENT,
    settings: Settings = (),
    ends: str = "SUCCEEDED",
    **changes: Any,
) -> Scenario:
    answers = answers_with(_CHAIN, changes)
    return Scenario("language_chain/language_chain", name, answers, execution_input, settings, ends)


def _transcription(status: str) -> dict[str, Any]:
    return {"TranscriptionJob": {"TranscriptionJobStatus": status, "FailureReason": "no speech"}}


_LISTEN: dict[str, Any] = {
    "Look for a transcript": Throw("S3.S3Exception"),
    "Transcribe": {},
    "Check the transcription": in_turn(
        "Check the transcription",
        *map(_transcription, ("QUEUED", "IN_PROGRESS", "COMPLETED")),
    ),
}
_JOB = {
    "job": "1-1",
    "media": "s3://inbox/A.MP3",
    "format": "mp3",
    "transcript": "work/1/transcript/d.json",
}


def _listen(
    name: str,
    settings: Settings = (),
    ends: str = "SUCCEEDED",
    media_format: str = "mp3",
    **changes: Any,
) -> Scenario:
    answers, job = answers_with(_LISTEN, changes), {**_JOB, "format": media_format}
    return Scenario("language_chain/listen", name, answers, job, settings, ends)


_SPLIT = {
    "Payload": {
        "readable": True,
        "sample": "Hallo",
        "characters": 5,
        "digest": "d",
        "parts": 1,
        "searches": [],
        "left": [0],
        "reading": {"format": "text", "charset": "utf-8", "charset_source": "bytes"},
        "translated": True,
    }
}
_TWO = {"Payload": {**_SPLIT["Payload"], "parts": 2, "left": [0, 1]}}
_MANY = {"Payload": {**_SPLIT["Payload"], "parts": 1000, "left": list(range(1000))}}
_ALL_DONE = {"Payload": {**_SPLIT["Payload"], "left": []}}
_PIECES = {"Payload": {**_SPLIT["Payload"], "searches": ["0-0"], "left": ["0-0", 0]}}
_LOST = {"Status": "FAILED", "Error": FAILURE, "Cause": "as the scenario has it"}
_DONE = {"Status": "SUCCEEDED", "Output": "0"}
_READ: dict[str, Any] = {
    "Split for translation": _SPLIT,
    "Detect the language": {"Languages": [{"LanguageCode": "de", "Score": 0.9}]},
    "Process the part": _DONE,
    "Process one of many": _DONE,
    "Split for analysis": _PIECES,
    "Merge": {"Payload": _RESULT},
}
_TEXT = {
    "document": {"document_id": "1", "bucket": "inbox", "key": "a.txt", "date": "2026-11-20"},
    "work": "work/1/",
    "text": {"source": _SOURCE, "content_type": "text/plain"},
}


def _read(name: str, settings: Settings = (), ends: str = "SUCCEEDED", **changes: Any) -> Scenario:
    return Scenario(
        "language_chain/read", name, answers_with(_READ, changes), _TEXT, settings, ends
    )


def _synthesis(status: str) -> dict[str, Any]:
    uri = "https://s3/outbox/speech/1.mp3"
    return {"SynthesisTask": {"TaskStatus": status, "TaskStatusReason": "why", "OutputUri": uri}}


_PART_TEXT = {"Body": json.dumps({"text": "Hallo"})}
_SPEAK: dict[str, Any] = {
    "Read the text": _PART_TEXT,
    "Speak": {"SynthesisTask": {"TaskId": "task"}},
    "Check the speech": in_turn(
        "Check the speech", *map(_synthesis, ("scheduled", "inProgress", "completed"))
    ),
}


def _speak(name: str, settings: Settings = (), ends: str = "SUCCEEDED", **changes: Any) -> Scenario:
    answers = answers_with(_SPEAK, changes)
    speech = {"document_id": "1", "text": "work/1/speech.json"}
    return Scenario("language_chain/speak", name, answers, speech, settings, ends)


_PART: dict[str, Any] = {
    "Read the text": _PART_TEXT,
    # Long ago: no waiting.
    "Take a turn": {"Attributes": {"free_at": {"N": "50"}}},
    "Take a turn at once": {},
    "Translate": {"TranslatedText": "Hello", "TargetLanguageCode": "en"},
    "Detect sentiment": {
        "SentimentScore": {"Positive": 1, "Negative": 0, "Neutral": 0, "Mixed": 0}
    },
    "Store the answer": {},
    "Search the pieces": {"Payload": {"complete": True}},
}
_CHUNK = {
    "step": "translating",
    "from": "work/1/source/d/",
    "to": "work/1/translated/d/",
    "number": 0,
    "language": "de",
}
THROTTLED = {"complete": False, "error": "Comprehend.ThrottlingException", "cause": "Rate exceeded"}


def _part(
    name: str,
    step: str,
    settings: Settings = (),
    ends: str = "SUCCEEDED",
    **changes: Any,
) -> Scenario:
    part = {**_CHUNK, "step": step, "number": "0-19" if step == "searching" else 0}
    answers = answers_with(_PART, changes)
    return Scenario("language_chain/language_part", name, answers, part, settings, ends)


def _job(status: str) -> dict[str, Any]:
    output = {"S3Uri": "s3://outbox/collections/letters/job/"}
    counts = {"TranslatedDocumentsCount": 3, "DocumentsWithErrorsCount": 1}
    properties = {"JobStatus": status, "OutputDataConfig": output, "JobDetails": counts}
    return {"TextTranslationJobProperties": properties}


_COLLECTION: dict[str, Any] = {
    "List the documents": {"Contents": [{"Key": "collections/letters/1.txt"}]},
    "Translate the collection": {"JobId": "job"},
    "Check the translation": in_turn(
        "Check the translation", *map(_job, ("SUBMITTED", "IN_PROGRESS", "COMPLETED"))
    ),
    "Announce the translations": PUBLISHED,
    "Report the failure": PUBLISHED,
}
_LETTERS = {"collection": "letters"}


def _collection(
    name: str,
    execution_input: dict[str, Any] = _LETTERS,
    ends: str = "SUCCEEDED",
    settings: Settings = (),
    **changes: Any,
) -> Scenario:
    answers = answers_with(_COLLECTION, changes)
    return Scenario(
        "language_chain/translate_collection", name, answers, execution_input, settings, ends
    )


SCENARIOS = [
    _chain("a document"),
    _chain("a recording", _RECORDING),
    _chain(
        "a recording of any size",
        _RECORDING,
        Inspect_the_upload={"ContentType": "text/plain", "ContentLength": 10**9},
    ),
    _chain("too long to be spoken", _RECORDING, Read={"Output": {**_RESULT, "speakable": False}}),
    _chain(
        "too large",
        ends="TooLarge",
        Inspect_the_upload={"ContentType": "text/plain", "ContentLength": 10**9},
    ),
    _chain("reading fails", ends="Comprehend.Failure", Read=_failed("Comprehend.Failure")),
    _chain("reading runs out of time", ends="States.Timeout", Read=_failed(None, "TIMED_OUT")),
    _chain("listening fails", _RECORDING, ends="TooSlow", Listen=_failed("TooSlow")),
    _chain("speaking fails", _RECORDING, ends="SpeechFailed", Speak=_failed("SpeechFailed")),
    _chain("a nested workflow is not started", ends=FAILURE, Read=Throw(FAILURE)),
    _chain(
        "the failed step is unknown",
        ends="States.TaskFailed",
        Read=_failed("Comprehend.Failure"),
        Find_the_failed_step={"Events": []},
    ),
    _listen("a recording"),
    _listen("with all word lists", _MORE),
    _listen("of an unknown format", media_format="unknown"),
    _listen("that an earlier run has transcribed", Look_for_a_transcript={}),
    _listen(
        "transcribing fails",
        ends="TranscriptionFailed",
        Check_the_transcription=_transcription("FAILED"),
    ),
    _listen(
        "transcribing takes too long",
        ends="TooSlow",
        Check_the_transcription=_transcription("IN_PROGRESS"),
    ),
    _read("in German"),
    _read("in English", Detect_the_language={"Languages": [{"LanguageCode": "en", "Score": 1}]}),
    _read("of many parts", _MORE, Split_for_translation=_TWO),
    _read("that an earlier run has translated", Split_for_translation=_ALL_DONE),
    _read(
        "unreadable",
        ends="Unreadable",
        Split_for_translation={"Payload": {"readable": False, "reason": "it is empty"}},
    ),
    _read(
        "a tolerated part is lost",
        _MORE,
        Split_for_translation=_TWO,
        Process_one_of_many=in_turn("Process one of many", _LOST, _DONE),
    ),
    _read(
        "too much is not translated",
        ends=FAILURE,
        Split_for_translation=_TWO,
        Process_the_part=in_turn("Process the part", _LOST, _DONE),
    ),
    _read(
        "nothing of a large document is translated",
        ends=FAILURE,
        Split_for_translation=_MANY,
        Process_one_of_many=_LOST,
    ),
    _read("a large document", Split_for_translation=_MANY),
    _read(
        "too much is not analysed",
        ends=FAILURE,
        Process_the_part=in_turn("Process the part", _DONE, _LOST),
    ),
    _read(
        "a part runs out of time",
        ends="States.Timeout",
        Process_the_part={"Status": "TIMED_OUT"},
    ),
    _speak("a text"),
    _speak("with a lexicon", _MORE),
    _speak("speaking fails", ends="SpeechFailed", Check_the_speech=_synthesis("failed")),
    _speak("speaking takes too long", ends="TooSlow", Check_the_speech=_synthesis("inProgress")),
    _part("a chunk", "translating"),
    _part("a piece", "judging"),
    _part("twenty pieces", "searching"),
    _part("a chunk with a terminology", "translating", _MORE),
    _part(
        "nobody waits",
        "judging",
        Take_a_turn=in_turn(
            "Take a turn",
            Throw("DynamoDB.ConditionalCheckFailedException"),
            _PART["Take a turn"],
        ),
    ),
    _part(
        "throttled twice",
        "translating",
        Translate=in_turn(
            "Translate",
            Throw("Translate.TooManyRequestsException"),
            Throw("Translate.TooManyRequestsException"),
            {"TranslatedText": "Hello", "TargetLanguageCode": "en"},
        ),
    ),
    _part(
        "the search is throttled once",
        "searching",
        Search_the_pieces=in_turn(
            "Search the pieces", {"Payload": THROTTLED}, {"Payload": {"complete": True}}
        ),
    ),
    _part(
        "throttled for good",
        "searching",
        ends="Comprehend.ThrottlingException",
        Search_the_pieces={"Payload": THROTTLED},
    ),
    _collection("in time"),
    _collection("with a terminology", settings=_MORE),
    _collection("of nothing named", {}, "NoCollection"),
    _collection("of nothing there", ends="NoDocuments", List_the_documents={"KeyCount": 0}),
    _collection(
        "that fails",
        ends="JobCOMPLETED_WITH_ERROR",
        Check_the_translation=_job("COMPLETED_WITH_ERROR"),
    ),
    _collection("that takes too long", ends="TooSlow", Check_the_translation=_job("IN_PROGRESS")),
]
