"""The ways through each workflow: what AWS answers on them, and how they end."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.step_functions.scripted_aws import Answers, Calls, Throw

FAILURE = "Injected.Failure"


@dataclass(frozen=True)
class Way:
    """One way through a workflow."""

    workflow: str
    name: str
    answers: Answers
    given: dict[str, Any] = field(default_factory=dict)
    settings: tuple[tuple[str, str], ...] = ()
    ends: str = "SUCCEEDED"  # or the error it fails with


def _report(auc: float) -> dict[str, str]:
    report = {"roc_auc": auc, "baseline": {"roc_auc": 0.6}, "gain_over_baseline": auc - 0.6}
    return {"Body": json.dumps({**report, "rows": 100})}


TOLD = {"MessageId": "1"}
_FULL = {"Contents": [{"Key": "part-0", "Size": 10}]}
_TRAIN: dict[str, Any] = {
    "Export the set": {},
    "List the split": _FULL,
    "Tune": {"BestTrainingJob": {"TrainingJobName": "best"}},
    "Train": {"TrainingJobName": "job", "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"}},
    "Evaluate": {},
    "Read the report": _report(0.8),
    "Register": {"ModelPackageArn": "arn:package"},
    "Tell of the model": TOLD,
    "Tell of the refusal": TOLD,
    "Stop tuning": {},
    "Stop training": {},
    "Stop evaluating": {},
    "Say what failed": TOLD,
}
_LAKE = (("ml_training.from_lake", "true"),)
_SET = {"training_data": "s3://bucket/prefix/"}


def _train(name: str, given: dict[str, Any] = _SET, ends: str = "SUCCEEDED", **more: Any) -> Way:
    changed = {key.replace("_", " "): value for key, value in more.items()}
    return Way("train_model", name, {**_TRAIN, **changed}, given, _LAKE, ends)


_NONE = Throw("States.TaskFailed", "CapacityError: no machine")


def _no_capacity(calls: Calls) -> Throw | Any:
    """A job that SageMaker finds no machine for, twice."""
    state, _ = calls[-1]
    tries = sum(name == state for name, _ in calls)
    return _NONE if tries < 3 else JOBS[state]


def _new_configuration(calls: Calls) -> str:
    return next(
        str(arguments["EndpointConfigName"])
        for name, arguments in calls
        if name == "Create the configuration"
    )


def _in_service(calls: Calls) -> dict[str, str]:
    """Updating at the first look, rolled out at the second."""
    looks = sum(name == "Look at the endpoint" for name, _ in calls)
    status = "Updating" if looks == 1 else "InService"
    return {"EndpointStatus": status, "EndpointConfigName": _new_configuration(calls)}


_NO_ENDPOINT = Throw("SageMaker.SageMakerException", 'Could not find endpoint "flight-delay".')
_PACKAGE = {
    "ModelApprovalStatus": "Approved",
    "DriftCheckBaselines": {
        "ModelDataQuality": {"Statistics": {"S3Uri": "s3://b/evaluation/statistics.json"}}
    },
}
_OLD_VARIANTS = {
    "ProductionVariants": [
        {"VariantName": "champion", "ModelName": "old-model"},
        {"VariantName": "challenger", "ModelName": "older-model"},
    ],
    "ShadowProductionVariants": [],
}
_DEPLOY: dict[str, Any] = {
    "Describe the package": _PACKAGE,
    "Look for the endpoint": {"EndpointStatus": "InService", "EndpointConfigName": "old"},
    "Look at its configuration": _OLD_VARIANTS,
    "Look at its model": {"PrimaryContainer": {"ModelPackageName": "arn:old-package"}},
    "Create the model": {},
    "Create the configuration": {},
    "Deregister": {},
    "Create the endpoint": {},
    "Update the endpoint": {},
    "Look at the endpoint": _in_service,
    "Keep the statistics": {},
    "Register": {},
    "Track the calls": {},
    "Delete the old configuration": {},
    "Delete the model": {},
    "Tell of the deployment": TOLD,
    "Scale the champion again": {},
    "Remove the endpoint": {},
    "Remove the new configuration": {},
    "Remove the new model": {},
    "Say what failed": TOLD,
}
_APPROVED = {"detail": {"ModelPackageArn": "arn:new-package"}}
_CHALLENGER = (("ml_endpoint.challenger_weight", "0.3"),)
_SHADOW = (("ml_endpoint.roll_out", "shadow"),)


def _deploy(
    name: str, settings: tuple[tuple[str, str], ...] = (), ends: str = "SUCCEEDED", **more: Any
) -> Way:
    changed = {key.replace("_", " "): value for key, value in more.items()}
    return Way("deploy_model", name, {**_DEPLOY, **changed}, _APPROVED, settings, ends)


_BATCH: dict[str, Any] = {
    "Look at the flights": _FULL,
    "Find the newest": {"ModelPackageSummaryList": [{"ModelPackageArn": "arn:newest"}]},
    "Create the model": {},
    "Transform": {},
    "Stop transforming": {},
    "Remove the model": {},
    "Tell of the predictions": TOLD,
    "Say what failed": TOLD,
}
_FLIGHTS = {"flights": "s3://bucket/training/split=test/"}


def _batch(
    name: str, given: dict[str, Any] = _FLIGHTS, ends: str = "SUCCEEDED", **more: Any
) -> Way:
    changed = {key.replace("_", " "): value for key, value in more.items()}
    return Way("transform_batch", name, {**_BATCH, **changed}, given, (), ends)


_PART = {"Body": json.dumps({"text": "Hallo"})}
_SPLIT = {"Payload": {"readable": True, "sample": "Hallo", "characters": 5, "chunks": ["00000"]}}
_TWO = {"Payload": {**_SPLIT["Payload"], "chunks": ["00000", "00001"]}}
_LOST = {"Status": "FAILED", "Error": FAILURE, "Cause": "as the way has it"}


def _changing(state: str, *answers: Any) -> Callable[[Calls], Any]:
    """One answer after the other; the last one for good."""

    def answer(calls: Calls) -> Any:
        asked = sum(name == state for name, _ in calls)
        return answers[min(asked, len(answers)) - 1]

    return answer


def _transcription(status: str) -> dict[str, Any]:
    return {"TranscriptionJob": {"TranscriptionJobStatus": status, "FailureReason": "no speech"}}


def _speech(status: str) -> dict[str, Any]:
    uri = "https://s3/outbox/speech/1.mp3"
    return {
        "SynthesisTask": {"TaskStatus": status, "TaskStatusReason": "why", "OutputUri": uri},
    }


_MERGED = {"result_key": "results/1.json", "sentiment": "POSITIVE", "speakable": True}
_UNSPEAKABLE = {**_MERGED, "speakable": False}
_DONE = {"Status": "SUCCEEDED", "Output": '"00000"'}
_LANGUAGE: dict[str, Any] = {
    "Look at the upload": {"ContentType": "text/plain", "ContentLength": 5},
    "Transcribe": {},
    "Look at the transcription": _changing(
        "Look at the transcription",
        *map(_transcription, ("QUEUED", "IN_PROGRESS", "COMPLETED")),
    ),
    "Split for translation": _SPLIT,
    "Detect the language": {"Languages": [{"LanguageCode": "de", "Score": 0.9}]},
    "Translate the chunk": _DONE,
    "Translate one of many": _DONE,
    "Split for analysis": _SPLIT,
    "Analyse the piece": _DONE,
    "Analyse one of many": _DONE,
    "Merge": {"Payload": _MERGED},
    "Read the text": _PART,
    "Speak": {"SynthesisTask": {"TaskId": "task"}},
    "Look at the speech": _changing(
        "Look at the speech", *map(_speech, ("scheduled", "inProgress", "completed"))
    ),
    "Note that it is done": {},
    "Note that it failed": {},
    "Quarantine": {},
    "Say what failed": TOLD,
}
_DOCUMENT = {
    "document_id": "1",
    "attempt": 1,
    "source": {"bucket": "inbox", "key": "a.txt", "version_id": "v"},
    "date": "2026-11-20",
}
_RECORDING = {**_DOCUMENT, "source": {**_DOCUMENT["source"], "key": "A.MP3"}}  # type: ignore[dict-item]
# Everything that is off by default; at once, because each synthesis takes seconds.
_MORE = (
    ("language_chain.distribute_above", "1"),
    ("language_chain.lexicon", "true"),
    ("language_chain.terminology", "true"),
    ("language_chain.tolerated_percent", "50"),
    ("language_chain.vocabulary", "true"),
    ("language_chain.vocabulary_filter", "true"),
)


def _language(
    name: str,
    settings: tuple[tuple[str, str], ...] = (),
    ends: str = "SUCCEEDED",
    given: dict[str, Any] = _DOCUMENT,
    **more: Any,
) -> Way:
    changed = {key.replace("_", " "): value for key, value in more.items()}
    return Way("language_chain", name, {**_LANGUAGE, **changed}, given, settings, ends)


_ONE_PART: dict[str, Any] = {
    "Read the chunk": _PART,
    "Translate": {"TranslatedText": "Hello"},
    "Keep the translation": {},
    "Read the piece": _PART,
    "Sentiment": {"SentimentScore": {"Positive": 1, "Negative": 0, "Neutral": 0, "Mixed": 0}},
    "Entities": {"Entities": []},
    "Key phrases": {"KeyPhrases": []},
    "PII": {"Entities": []},
    "Keep the findings": {},
}
_CHUNK = {"step": "translating", "work": "work/1/", "number": "00000", "language": "de"}


def _part(name: str, step: str, *settings: tuple[str, str]) -> Way:
    return Way("language_part", name, _ONE_PART, {**_CHUNK, "step": step}, settings)


def _job(status: str) -> dict[str, Any]:
    output = {"S3Uri": "s3://outbox/collections/letters/job/"}
    counts = {"TranslatedDocumentsCount": 3, "DocumentsWithErrorsCount": 1}
    properties = {"JobStatus": status, "OutputDataConfig": output, "JobDetails": counts}
    return {"TextTranslationJobProperties": properties}


_COLLECTION: dict[str, Any] = {
    "List the documents": {"Contents": [{"Key": "collections/letters/1.txt"}]},
    "Translate the collection": {"JobId": "job"},
    "Look at the translation": _changing(
        "Look at the translation", *map(_job, ("SUBMITTED", "IN_PROGRESS", "COMPLETED"))
    ),
    "Tell of the translations": TOLD,
    "Say what failed": TOLD,
}
_LETTERS = {"collection": "letters"}


def _collection(
    name: str,
    given: dict[str, Any] = _LETTERS,
    ends: str = "SUCCEEDED",
    settings: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> Way:
    changed = {key.replace("_", " "): value for key, value in more.items()}
    return Way("translate_collection", name, {**_COLLECTION, **changed}, given, settings, ends)


JOBS = {name: ({**_TRAIN, **_BATCH})[name] for name in ("Tune", "Train", "Evaluate", "Transform")}
WAYS = [
    _train("from the lake", {}),
    _train("of a given set"),
    _train("with a search", {**_SET, "tune": True}),
    _train("refused", Read_the_report=_report(0.5)),
    _train("without data", ends="NoData", List_the_split={"Contents": []}),
    _train("training fails", ends=FAILURE, Train=Throw(FAILURE)),
    _train("the search fails", {**_SET, "tune": True}, ends=FAILURE, Tune=Throw(FAILURE)),
    _train("evaluating fails", ends=FAILURE, Evaluate=Throw(FAILURE)),
    _train("no capacity to train", Train=_no_capacity),
    _train("no capacity to search", {**_SET, "tune": True}, Tune=_no_capacity),
    _train("no capacity to evaluate", Evaluate=_no_capacity),
    _train(
        "no capacity at all",
        ends="States.TaskFailed",
        Train=Throw("States.TaskFailed", "CapacityError"),
    ),
    _deploy("in the place of an old model"),
    _deploy("first of all", Look_for_the_endpoint=_NO_ENDPOINT),
    _deploy("beside a challenger", _CHALLENGER),
    _deploy("in the shadow", _SHADOW),
    _deploy("not approved", Describe_the_package={**_PACKAGE, "ModelApprovalStatus": "Rejected"}),
    _deploy(
        "served already",
        Look_at_its_model={"PrimaryContainer": {"ModelPackageName": "arn:new-package"}},
    ),
    _deploy(
        "rolled back by the alarms",
        ends="RollOutInService",
        Look_at_the_endpoint={"EndpointStatus": "InService", "EndpointConfigName": "old"},
    ),
    _deploy(
        "failed for good",
        ends="RollOutFailed",
        Look_at_the_endpoint={"EndpointStatus": "Failed", "EndpointConfigName": "old"},
    ),
    _deploy(
        "too slow",
        ends="TooSlow",
        Look_at_the_endpoint={"EndpointStatus": "Updating", "EndpointConfigName": "old"},
    ),
    _deploy(
        "the first one fails",
        ends="RollOutFailed",
        Look_for_the_endpoint=_NO_ENDPOINT,
        Look_at_the_endpoint={"EndpointStatus": "Failed", "EndpointConfigName": "new"},
    ),
    _batch("by the newest"),
    _batch("by a given one", {**_FLIGHTS, "model_package_arn": "arn:given"}),
    _batch("of nothing named", {}, ends="NoFlights"),
    _batch("of nothing there", ends="NoFlights", Look_at_the_flights={}),
    _batch("by none", ends="NoModel", Find_the_newest={"ModelPackageSummaryList": []}),
    _batch("transforming fails", ends=FAILURE, Transform=Throw(FAILURE)),
    _batch("no capacity", Transform=_no_capacity),
    _language("in German"),
    _language(
        "in English", Detect_the_language={"Languages": [{"LanguageCode": "en", "Score": 1}]}
    ),
    _language("of many parts", _MORE, Split_for_translation=_TWO, Split_for_analysis=_TWO),
    _language("a recording", given=_RECORDING),
    _language(
        "a recording by its content type, with all the word lists",
        _MORE,
        Look_at_the_upload={"ContentType": "video/webm", "ContentLength": 10**9},
    ),
    _language(
        "that cannot be read",
        ends="Unreadable",
        Split_for_translation={"Payload": {"readable": False, "reason": "it is empty"}},
    ),
    _language(
        "too large",
        ends="TooLarge",
        Look_at_the_upload={"ContentType": "text/plain", "ContentLength": 10**9},
    ),
    _language(
        "transcribing fails",
        ends="TranscriptionFailed",
        given=_RECORDING,
        Look_at_the_transcription=_transcription("FAILED"),
    ),
    _language(
        "transcribing takes too long",
        ends="TooSlow",
        given=_RECORDING,
        Look_at_the_transcription=_transcription("IN_PROGRESS"),
    ),
    _language(
        "speaking fails",
        ends="SpeechFailed",
        given=_RECORDING,
        Look_at_the_speech=_speech("failed"),
    ),
    _language(
        "speaking takes too long",
        ends="TooSlow",
        given=_RECORDING,
        Look_at_the_speech=_speech("inProgress"),
    ),
    _language("too long to be spoken", given=_RECORDING, Merge={"Payload": _UNSPEAKABLE}),
    _language(
        "a tolerated part is lost",
        _MORE,
        Split_for_translation=_TWO,
        Translate_one_of_many=_changing("Translate one of many", _LOST, _DONE),
    ),
    _language(
        "too much is not translated",
        ends=FAILURE,
        Split_for_translation=_TWO,
        Translate_the_chunk=_changing("Translate the chunk", _LOST, _DONE),
    ),
    _language("too much is not analysed", ends=FAILURE, Analyse_the_piece=_LOST),
    _language(
        "a part runs out of time",
        ends="States.Timeout",
        Analyse_the_piece={"Status": "TIMED_OUT"},
    ),
    _part("a chunk", "translating"),
    _part("a piece", "analysing"),
    _part("a piece in Japanese", "analysing", ("language_chain.target_language", "ja")),
    _part("a chunk with a terminology", "translating", *_MORE),
    _collection("in time"),
    _collection("with a terminology", settings=_MORE),
    _collection("of nothing named", {}, "NoCollection"),
    _collection("of nothing there", ends="NoDocuments", List_the_documents={"KeyCount": 0}),
    _collection(
        "that fails",
        ends="JobCOMPLETED_WITH_ERROR",
        Look_at_the_translation=_job("COMPLETED_WITH_ERROR"),
    ),
    _collection("that takes too long", ends="TooSlow", Look_at_the_translation=_job("IN_PROGRESS")),
]
