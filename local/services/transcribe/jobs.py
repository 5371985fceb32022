"""Transcribe's jobs: the caller's rights, the check of the output, and what Whisper hears.

A job reads the recording and writes its transcript under the rights of its caller, after a test
object beside the output. What it hears is in the words of `local/services/speech`, which also says
what happens where no engine is installed. A job is done when a look at it has waited for it: the
third one, in most cases, and never before.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.runtime.emulator import ACCOUNT, REGION, Emulator
from local.services.s3.uri import split_uri
from local.services.speech.engines import Engines, Hearing, UnheardError
from local.services.task import CALLER, Arguments, Table, TaskError
from local.services.transcribe import media
from local.services.transcribe.transcript import WordLists, dialect, job_output
from local.services.transcribe.word_lists import KeptLists, Phrase

LENIENT = [
    (
        "Every recording has one speaker, and one channel.",
        "No model that tells speakers apart is on the registries.",
    ),
    (
        "Whisper tells languages apart, not dialects: the dialect is that of LanguageOptions, or"
        " the commonest.",
        "No model of dialects is on the registries.",
    ),
    (
        "Of MediaFormat, only whether it is the file's is looked at; sample rates and sizes"
        " are not.",
        "The workflow names none.",
    ),
    (
        "A phrase of a vocabulary is expected in any pronunciation; SoundsLike and IPA are"
        " not read.",
        "Whisper takes words as hints, and no phonemes.",
    ),
    (
        "Word lists are read from `word_lists/` of the workspace; the calls that create, update and"
        " delete them are not answered.",
        "The demo deploys none.",
    ),
    (
        "IdentifyMultipleLanguages, redaction, subtitles and alternatives are not answered.",
        "The workflow asks for none.",
    ),
]

WRITE_CHECK = ".write_access_check_file.temp"
_LOOKS = 3
# Less than the minute that the workflow gives to a look.
_PATIENCE_SECONDS = 45
_MOST_SECONDS = 4 * 3600
_REASONS = {
    "unknown": "Unsupported media format.",
    "other": "The media format provided does not match the detected media format.",
    "long": "Invalid file size: file size too large.",
}


class TranscriptionJobs:
    """The jobs, by name."""

    def __init__(self, emulator: Emulator, engines: Engines, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._emulator, self._engines = emulator, engines
        self._lists = KeptLists(folder)
        self.by_name: dict[str, Arguments] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._looks: dict[str, int] = {}

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "transcribe:startTranscriptionJob": self._start,
            "transcribe:getTranscriptionJob": self._get,
        }

    def _start(self, request: Arguments) -> Arguments:
        name, bucket = request["TranscriptionJobName"], request["OutputBucketName"]
        lists = self._word_lists(request)
        s3 = self._emulator.client("s3", self._emulator.assume(CALLER.get(), "transcribe"))
        folder = request["OutputKey"].rpartition("/")[0]
        recording = _reached(
            f"The S3 URI {request['Media']['MediaFileUri']} can't be accessed.",
            lambda: _read(s3, request["Media"]["MediaFileUri"]),
        )
        _reached(
            f"The specified S3 bucket {bucket} can't be accessed. Make sure that you have write"
            " permission.",
            lambda: s3.put_object(Bucket=bucket, Key=f"{folder}/{WRITE_CHECK}", Body=b""),
        )
        job = {"TranscriptionJobName": name, "Media": request["Media"]}
        self.by_name[name] = {**job, "TranscriptionJobStatus": "IN_PROGRESS"}

        def run() -> None:
            self.by_name[name] = {**job, **self._run(s3, request, recording, lists)}

        self._threads[name] = threading.Thread(target=run, daemon=True)
        self._threads[name].start()
        return {"TranscriptionJob": {**job, "TranscriptionJobStatus": "QUEUED"}}

    def _get(self, request: Arguments) -> Arguments:
        name = request["TranscriptionJobName"]
        if name not in self.by_name:
            raise TaskError("Transcribe.NotFoundException", "The requested job couldn't be found.")
        self._looks[name] = self._looks.get(name, 0) + 1
        if self._looks[name] < _LOOKS:
            progress = {"TranscriptionJobName": name, "TranscriptionJobStatus": "IN_PROGRESS"}
            return {"TranscriptionJob": progress}
        self._threads[name].join(_PATIENCE_SECONDS)
        return {"TranscriptionJob": self.by_name[name]}

    def _run(
        self, s3: Any, request: Arguments, recording: bytes, lists: dict[str, WordLists]
    ) -> Arguments:
        """What a job is once it has ended."""
        try:
            hearing = self._hear(request, recording, lists)
            output, language = self._output(request, hearing, lists)
            bucket, key = request["OutputBucketName"], request["OutputKey"]
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(output).encode())
        except _FailedError as failure:
            return {"TranscriptionJobStatus": "FAILED", "FailureReason": str(failure)}
        except Exception as error:  # noqa: BLE001 -- a job that fails must say so, whatever it was
            reason = f"Internal failure: {type(error).__name__}: {error}"
            return {"TranscriptionJobStatus": "FAILED", "FailureReason": reason}
        score = hearing.languages[0][1]
        identified = {"IdentifiedLanguageScore": score} if request.get("IdentifyLanguage") else {}
        return {
            "TranscriptionJobStatus": "COMPLETED",
            "LanguageCode": language,
            "MediaFormat": media.container(recording),
            "Transcript": {
                "TranscriptFileUri": f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}"
            },
            **identified,
        }

    def _hear(self, request: Arguments, recording: bytes, lists: dict[str, WordLists]) -> Hearing:
        """Raises _FailedError with the reason that Transcribe documents."""
        detected = media.container(recording)
        if detected is None:
            raise _FailedError(_REASONS["unknown"])
        if not media.matches(request.get("MediaFormat", detected), detected):
            raise _FailedError(_REASONS["other"])
        codes = [request["LanguageCode"]] if "LanguageCode" in request else []
        codes = codes or request.get("LanguageOptions", [])
        languages = [code.partition("-")[0] for code in codes]
        try:
            hearing = self._engines.hear(recording, languages, _hotwords(lists))
        except UnheardError as error:
            raise _FailedError(f"{_REASONS['unknown']} {error}") from error
        if hearing.seconds > _MOST_SECONDS:
            raise _FailedError(_REASONS["long"])
        return hearing

    def _output(
        self, request: Arguments, hearing: Hearing, lists: dict[str, WordLists]
    ) -> tuple[Arguments, str]:
        """A job's document, and the language that it is in."""
        options = request.get("LanguageOptions") or [request.get("LanguageCode", "")]
        language = dialect(hearing.languages[0][0], options)
        words = lists.get(language, WordLists())
        name = request["TranscriptionJobName"]
        return job_output(name, ACCOUNT, hearing, request, words), language

    def _word_lists(self, request: Arguments) -> dict[str, WordLists]:
        """The lists of each language. Raises TaskError for one that does not exist."""
        settings = request.get("Settings", {})
        named = dict(request.get("LanguageIdSettings", {}))
        if "LanguageCode" in request:
            named[request["LanguageCode"]] = settings
        method = settings.get("VocabularyFilterMethod", "mask")
        return {
            code: WordLists(
                self._phrases(names.get("VocabularyName")),
                self._unwanted(names.get("VocabularyFilterName")),
                method,
            )
            for code, names in named.items()
        }

    def _phrases(self, name: str | None) -> list[Phrase]:
        if name is None:
            return []
        vocabulary = self._kept("vocabulary", name)
        return [Phrase(**phrase) for phrase in vocabulary["phrases"]]

    def _unwanted(self, name: str | None) -> frozenset[str]:
        if name is None:
            return frozenset()
        words = self._kept("vocabulary-filter", name)["words"]
        return frozenset(word.casefold() for word in words)

    def _kept(self, kind: str, name: str) -> dict[str, Any]:
        word_list = self._lists.find(kind, name)
        if word_list is None:
            title = kind.replace("-", " ")
            message = f"The requested {title} couldn't be found. Check the {title} name."
            raise TaskError("Transcribe.BadRequestException", message)
        return word_list


class _FailedError(Exception):
    """A job that has failed; the text is its FailureReason."""


def _hotwords(lists: dict[str, WordLists]) -> dict[str, str]:
    """The words of each vocabulary, by Whisper's code of its language."""
    return {
        code.partition("-")[0]: ", ".join(phrase.display_as for phrase in words.phrases)
        for code, words in lists.items()
        if words.phrases
    }


def _read(s3: Any, uri: str) -> bytes:
    bucket, key = split_uri(uri)
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def _reached(message: str, call: Callable[[], Any]) -> Any:
    """What `call` returns. Raises TaskError if the caller's rights do not suffice."""
    try:
        return call()
    except ClientError as error:
        raise TaskError("Transcribe.BadRequestException", f"{message} {error}") from error
