"""What hears and speaks for Transcribe and Polly: a process of `.venv-speech`, or recorded answers.

The process starts with the first request and ends with the task server, whose child it is
(`local/services/speech/server.py`). Where `.venv-speech` could not be set up, because one of its
packages is gone, answers that Whisper gave once stand in for it, found by the recording's digest:
the files in `recorded/`. Nothing speaks then.
"""

import base64
import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import requests

from local.runtime.processes import free_port, wait_until_it_answers
from repository import BUILD, ROOT

LENIENT = [
    (
        "Whisper base hears, whose errors are not Transcribe's; piper's one voice speaks English,"
        " and espeak's robot every other language.",
        "No model of Transcribe and no voice of Polly is public.",
    ),
]

PYTHON = ROOT / ".venv-speech" / "bin" / "python"
MODELS = BUILD / "speech"
RECORDED = ROOT / "local" / "services" / "speech" / "recorded"
_PROGRAM = ROOT / "local" / "services" / "speech" / "server.py"
# Four hours of audio, Transcribe's limit, take a quarter of an hour on one core.
_TIMEOUT_SECONDS = 3600


def are_installed() -> bool:
    """Whether `.venv-speech` and its models are set up."""
    return PYTHON.exists() and MODELS.exists()


class UnheardError(Exception):
    """A recording in which nothing can be heard; the text says why."""


class SilentError(Exception):
    """Nothing can speak."""


@dataclass(frozen=True)
class Word:
    """A word as Whisper writes it, with the space before it and the punctuation after it."""

    start: float
    """Seconds."""
    end: float
    text: str
    probability: float


@dataclass(frozen=True)
class Hearing:
    """What was heard in a recording."""

    seconds: float
    languages: list[tuple[str, float]]
    """Whisper's codes and their probabilities, the likeliest first."""
    segments: list[list[Word]]
    by: str
    """What heard it: `Whisper base`, or whose recorded answer it is."""


@dataclass(frozen=True)
class Sentence:
    """A sentence to be spoken."""

    text: str
    """Phonemes of IPA may stand in it as `[[...]]`."""
    pause: float = 0.0
    """Seconds before it."""
    speed: float = 1.0


@dataclass(frozen=True)
class Speech:
    """An audio file, and where each sentence begins and ends in it."""

    audio: bytes
    times: list[tuple[float, float]]
    """Seconds."""


@dataclass
class Engines:
    """Hears recordings and speaks sentences."""

    folder: Path
    """The workspace's, for the log."""
    installed: bool = field(default_factory=are_installed)
    _url: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def hear(
        self,
        recording: bytes,
        languages: Sequence[str] = (),
        hotwords: Mapping[str, str] | None = None,
    ) -> Hearing:
        """What is said in a recording, in one of `languages`, or any. Raises UnheardError.

        `languages` are Whisper's codes, `hotwords` the words that are expected in each of them.
        """
        request = {"languages": [*languages], "hotwords": dict(hotwords or {})}
        if not self.installed:
            return _hearing(_recorded(recording, request), "a recorded answer of Whisper base")
        answer = self._post("hear", recording, {"x-request": json.dumps(request)})
        if "error" in answer:
            raise UnheardError(answer["error"])
        return _hearing(answer, "Whisper base")

    def speak(
        self, sentences: Sequence[Sentence], voice: str, audio_format: str, sample_rate: int
    ) -> Speech:
        """Sentences as an audio file in one of Polly's formats. Raises SilentError.

        `voice` is espeak's name of a language; English is piper's.
        """
        if not self.installed:
            raise SilentError(
                "nothing speaks here, because .venv-speech is not set up; to try again, delete"
                " .build/speech.stamp and type make demo"
            )
        request = {
            "sentences": [asdict(sentence) for sentence in sentences],
            "voice": voice,
            "format": audio_format,
            "sample_rate": sample_rate,
        }
        answer = self._post("speak", json.dumps(request).encode(), {})
        times = [(start, end) for start, end in answer["times"]]
        return Speech(base64.b64decode(answer["audio"]), times)

    def stop(self) -> None:
        """End the process. In a local AWS it ends with the task server, whose child it is."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None
            self._url = ""

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        with self._starting:
            if not self._url:
                self._url = self._start()
        url = f"{self._url}/{path}"
        response = requests.post(url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS)
        if response.status_code not in (200, 422):
            response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _start(self) -> str:
        """The address of a new process. Raises LocalError if it does not start."""
        port, log = free_port(), self.folder / "logs" / "speech.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 -- our own command
                [PYTHON, _PROGRAM, str(port), MODELS],
                # Models are read from files, never fetched.
                env={"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1"},
                # It ends when this process does, whose end of the pipe it is.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(url, self._process, log)
        return url


def recorded_name(recording: bytes, request: Mapping[str, Any]) -> str:
    """The name of the file of a recorded answer: the recording's digest and the request's."""
    digests = (recording, json.dumps(request, sort_keys=True).encode())
    return "-".join(hashlib.sha256(part).hexdigest()[:12] for part in digests) + ".json"


def answer_of(hearing: Hearing) -> dict[str, Any]:
    """What was heard, as it is recorded: times of 10 ms, probabilities of a thousandth."""
    return {
        "seconds": hearing.seconds,
        "languages": [(code, round(probability, 4)) for code, probability in hearing.languages],
        "segments": [
            [
                (round(word.start, 2), round(word.end, 2), word.text, round(word.probability, 3))
                for word in segment
            ]
            for segment in hearing.segments
        ],
    }


def _recorded(recording: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
    path = RECORDED / recorded_name(recording, request)
    if not path.exists():
        raise UnheardError(
            "nobody hears it here, because .venv-speech is not set up, and no answer of Whisper's"
            " is recorded for it; to try again, delete .build/speech.stamp and type make demo"
        )
    answer: dict[str, Any] = json.loads(path.read_text())
    return answer


def _hearing(answer: Mapping[str, Any], by: str) -> Hearing:
    segments = [[Word(*word) for word in segment] for segment in answer["segments"]]
    languages = [(code, probability) for code, probability in answer["languages"]]
    return Hearing(answer["seconds"], languages, segments, by)
