"""Polly's synthesis tasks: a file of speech under the caller's rights.

The file is written to `<prefix>.<task id>.<format>`, as Polly names it. Lexicons and SSML are
applied; `local/services/speech` speaks. A task is done when a look at it has waited for it: the
third one, in most cases, and never before. Where no engine is installed, an MP3 is a second of
silence, and every other format fails the task.
"""

import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.runtime.emulator import REGION, Emulator
from local.services.polly import markup
from local.services.polly.markup import Lexeme, MarkupError, Script
from local.services.polly.voices import LANGUAGES, espeak_voice
from local.services.speech import engines
from local.services.speech.engines import Engines
from local.services.task import CALLER, Arguments, Table, TaskError
from local.services.transcribe.word_lists import KeptLists

LENIENT = [
    (
        "Of SSML, pauses, paragraphs, substitutes, phonemes of IPA and the rate are spoken; the"
        " other tags change nothing.",
        "piper and espeak have nothing like them.",
    ),
    (
        "Phonemes are spoken in English only, and the time of a word within its sentence is"
        " reckoned from the lengths of its words.",
        "espeak reads no IPA, and neither engine says when it speaks which word.",
    ),
    (
        "Speech marks of visemes are not written; long-form and generative voices speak as the"
        " others.",
        "The workflow asks for none.",
    ),
]

_LOOKS = 3
# Less than the minute that the workflow gives to a look.
_PATIENCE_SECONDS = 45
_ENDINGS = {"ogg_vorbis": "ogg", "ogg_opus": "ogg", "json": "marks"}
# The defaults of SampleRate (botocore 1.44.5): of MP3 and Vorbis, by engine.
_DEFAULT_RATES = {"pcm": 16_000, "ogg_opus": 48_000, "mulaw": 8_000, "alaw": 8_000}
_STANDARD_RATE, _OTHER_RATE = 22_050, 24_000
_MOST_BILLED = 100_000
# Members of a request that its task repeats.
_REPEATED = ("Engine", "LexiconNames", "OutputFormat", "SampleRate", "TextType", "VoiceId")
SILENCE = engines.RECORDED / "silence.mp3"


class SynthesisTasks:
    """The tasks, by id."""

    def __init__(self, emulator: Emulator, speech: Engines, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._emulator, self._engines = emulator, speech
        self._lists = KeptLists(folder)
        self._tasks: dict[str, Arguments] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._looks: dict[str, int] = {}

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "polly:startSpeechSynthesisTask": self._start,
            "polly:getSpeechSynthesisTask": self._get,
        }

    def _start(self, request: Arguments) -> Arguments:
        script, lexemes = _script(request), self._lexemes(request)
        task_id, bucket = str(uuid.uuid4()), request["OutputS3BucketName"]
        ending = _ENDINGS.get(request["OutputFormat"], request["OutputFormat"])
        key = f"{request.get('OutputS3KeyPrefix', '')}.{task_id}.{ending}"
        s3 = self._emulator.client("s3", self._emulator.assume(CALLER.get(), "polly"))
        try:
            # Nobody sees the key before the task is done.
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
        except ClientError as error:
            message = f"The provided Amazon S3 bucket {bucket} cannot be written: {error}"
            raise TaskError("Polly.InvalidS3BucketException", message) from error
        task: Arguments = {
            "TaskId": task_id,
            "OutputUri": f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}",
            "RequestCharacters": script.billed_characters,
        }
        task |= {name: request[name] for name in _REPEATED if name in request}
        self._tasks[task_id] = {**task, "TaskStatus": "inProgress"}

        def run() -> None:
            try:
                body = synthesise(self._engines, request, script, lexemes)
                s3.put_object(Bucket=bucket, Key=key, Body=body)
                outcome = {"TaskStatus": "completed"}
            except Exception as error:  # noqa: BLE001 -- a task that fails must say so
                outcome = {"TaskStatus": "failed", "TaskStatusReason": f"{error}"}
            self._tasks[task_id] = {**task, **outcome}

        self._threads[task_id] = threading.Thread(target=run, daemon=True)
        self._threads[task_id].start()
        return {"SynthesisTask": {**task, "TaskStatus": "scheduled"}}

    def _get(self, request: Arguments) -> Arguments:
        task_id = request["TaskId"]
        if task_id not in self._tasks:
            error = "Polly.SynthesisTaskNotFoundException"
            raise TaskError(error, "The requested synthesis task cannot be found.")
        self._looks[task_id] = self._looks.get(task_id, 0) + 1
        if self._looks[task_id] < _LOOKS:
            return {"SynthesisTask": {**self._tasks[task_id], "TaskStatus": "inProgress"}}
        self._threads[task_id].join(_PATIENCE_SECONDS)
        return {"SynthesisTask": self._tasks[task_id]}

    def _lexemes(self, request: Arguments) -> list[Lexeme]:
        """The lexemes of the request's lexicons in the voice's language. Raises TaskError."""
        lexemes: list[Lexeme] = []
        for name in request.get("LexiconNames", []):
            kept_lexicon = self._lists.find("lexicon", name)
            if kept_lexicon is None:
                message = f"Lexicon not found: {name}"
                raise TaskError("Polly.LexiconNotFoundException", message)
            language, of_this_list = markup.lexicon(kept_lexicon["content"])
            if language == _language(request):
                lexemes += of_this_list
        return lexemes


def synthesise(
    speech: Engines, request: Arguments, script: Script, lexemes: Sequence[Lexeme]
) -> bytes:
    """The file that a task writes: speech, or the marks of it. Raises SilentError."""
    sentences = script.sentences(lexemes)
    spoken = [
        engines.Sentence(sentence.spoken, sentence.pause, sentence.speed) for sentence in sentences
    ]
    voice, output = espeak_voice(_language(request)), request["OutputFormat"]
    audio_format = "pcm" if output == "json" else output
    default = _STANDARD_RATE if request.get("Engine", "standard") == "standard" else _OTHER_RATE
    rate = int(request.get("SampleRate") or _DEFAULT_RATES.get(audio_format, default))
    if output == "mp3" and not speech.installed:
        return SILENCE.read_bytes()
    answer = speech.speak(spoken, voice, audio_format, rate)
    if output != "json":
        return answer.audio
    kinds = request["SpeechMarkTypes"]
    lines = [mark for mark in _marks(script, sentences, answer.times) if mark["type"] in kinds]
    lines.sort(key=lambda mark: (mark["time"], mark["start"]))
    return "".join(
        f"{json.dumps(mark, ensure_ascii=False, separators=(',', ':'))}\n" for mark in lines
    ).encode()


def _marks(
    script: Script,
    sentences: Sequence[markup.Sentence],
    times: Sequence[tuple[float, float]],
) -> Iterator[dict[str, Any]]:
    """Speech marks: milliseconds, and bytes of the input.

    docs.aws.amazon.com/polly/latest/dg/output.html, read 2026-11-29.
    """

    def mark(kind: str, seconds: float, begin: int, end: int, value: str) -> dict[str, Any]:
        first = script.bytes_of[min(begin, len(script.text) - 1)][0]
        last = script.bytes_of[end - 1][1] if end > begin else first
        milliseconds = round(seconds * 1000)
        return {"time": milliseconds, "type": kind, "start": first, "end": last, "value": value}

    names = list(script.marks)
    for sentence, (start, end) in zip(sentences, times, strict=True):
        text = script.text[sentence.begin : sentence.end]
        yield mark("sentence", start, sentence.begin, sentence.end, text)
        length = sum(len(word.spoken) for word in sentence.words) or 1
        at = start
        for word in sentence.words:
            while names and names[0][0] <= word.begin:
                position, name = names.pop(0)
                yield mark("ssml", at, position, position, name)
            yield mark("word", at, word.begin, word.end, script.text[word.begin : word.end])
            at += (end - start) * len(word.spoken) / length
    for position, name in names:
        yield mark("ssml", times[-1][1] if times else 0.0, position, position, name)


def _script(request: Arguments) -> Script:
    """The text of a request. Raises TaskError."""
    if request.get("TextType", "text") == "text":
        return markup.plain(request["Text"])
    try:
        script = markup.ssml(request["Text"], request.get("Engine", "standard"))
    except MarkupError as error:
        raise TaskError("Polly.InvalidSsmlException", f"Invalid SSML request: {error}") from error
    if script.billed_characters > _MOST_BILLED:
        message = "Maximum text length has been exceeded"
        raise TaskError("Polly.TextLengthExceededException", message)
    return script


def _language(request: Arguments) -> str:
    """The language that is spoken. Raises TaskError for a voice that is not in the table."""
    language = request.get("LanguageCode") or LANGUAGES.get(request["VoiceId"])
    if language is None:
        raise TaskError("States.Runtime", f"the voice {request['VoiceId']} has no stand-in")
    return str(language)
