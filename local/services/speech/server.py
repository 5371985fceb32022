"""Whisper, piper and espeak behind two requests; runs in `.venv-speech`, and only there.

    python server.py PORT MODELS_FOLDER

`POST /hear` takes a recording, with the request as JSON in the header `x-request`, and answers with
its words. `POST /speak` takes sentences as JSON and answers with an audio file. One request at a
time, each deterministic: Whisper at temperature 0, piper without noise. The process ends when its
standard input does, so with whatever started it. piper and espeak are under the GPL: nothing else
imports them.
"""

import base64
import io
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray
from piper import PiperVoice, SynthesisConfig

Samples = NDArray[np.int16]
Json = dict[str, Any]
# Format -> its container, its encoder and the options of that, its number of channels. FFmpeg's own
# encoder of Vorbis is marked as an experiment, and takes two channels only.
_FORMATS: dict[str, tuple[str, str, dict[str, str], int]] = {
    "mp3": ("mp3", "libmp3lame", {"b": "48k"}, 1),
    "ogg_vorbis": ("ogg", "vorbis", {"strict": "experimental"}, 2),
    "ogg_opus": ("ogg", "libopus", {"b": "32k"}, 1),
    "mulaw": ("mulaw", "pcm_mulaw", {}, 1),
    "alaw": ("alaw", "pcm_alaw", {}, 1),
}
_WHISPER_RATE = 16_000


class UnheardError(Exception):
    """A file that holds no audio, or is broken."""


class Whisper:
    """Whisper base with 8-bit weights, on one thread."""

    def __init__(self, folder: Path) -> None:
        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )

    def hear(self, recording: bytes, request: Json) -> Json:
        """The words of a recording, segment by segment, times in seconds. Raises UnheardError.

        `languages` are those to choose among, all if there are none; `hotwords` are the words that
        are expected in each language.
        """
        try:
            audio = decode_audio(io.BytesIO(recording), sampling_rate=_WHISPER_RATE)
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise UnheardError(f"it cannot be decoded: {error}") from error
        probabilities = self._languages(audio, request["languages"])
        language = probabilities[0][0]
        segments, information = self._model.transcribe(
            audio,
            language=language,
            temperature=0,
            vad_filter=True,
            word_timestamps=True,
            hotwords=request["hotwords"].get(language),
        )
        return {
            "seconds": float(information.duration),
            "languages": probabilities[:5],
            "segments": [
                [
                    [float(word.start), float(word.end), word.word, float(word.probability)]
                    for word in segment.words or ()
                ]
                for segment in segments
            ],
        }

    def _languages(self, audio: Any, options: list[str]) -> list[tuple[str, float]]:
        """Codes of Whisper's and their probabilities, the likeliest first."""
        if len(options) == 1:
            return [(options[0], 1.0)]
        _, _, probabilities = self._model.detect_language(audio, vad_filter=True)
        chosen = [(code, float(p)) for code, p in probabilities if not options or code in options]
        return sorted(chosen, key=lambda pair: -pair[1]) or [(options[0], 0.0)]


class Piper:
    """An American voice."""

    def __init__(self, model: Path) -> None:
        self._voice = PiperVoice.load(model)
        self.rate: int = self._voice.config.sample_rate

    def say(self, text: str, speed: float) -> Samples:
        """`text` as samples at `rate`; phonemes of IPA may stand in it as `[[...]]`."""
        config = SynthesisConfig(noise_scale=0, noise_w_scale=0, length_scale=1 / speed)
        chunks = [chunk.audio_int16_array for chunk in self._voice.synthesize(text, config)]
        return np.concatenate(chunks) if chunks else np.zeros(0, np.int16)


def spoken_by_espeak(voice: str, sentences: list[Json]) -> tuple[int, list[Samples]]:
    """The rate, and each sentence's samples; `voice` is espeak's name of a language."""
    command = [sys.executable, str(Path(__file__).with_name("espeak.py"))]
    request = json.dumps({"voice": voice, "sentences": sentences}).encode()
    process = subprocess.run(command, input=request, capture_output=True, check=True)  # noqa: S603
    header, _, body = process.stdout.partition(b"\n")
    description = json.loads(header)
    ends = list(itertools.accumulate(description["counts"]))
    return description["rate"], np.split(np.frombuffer(body, np.int16), ends)[:-1]


class Engines:
    """Each engine, loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def whisper(self) -> Whisper:
        """What hears."""
        return Whisper(self._folder / "whisper")

    @cached_property
    def piper(self) -> Piper:
        """What speaks English."""
        return Piper(self._folder / "voice" / "en_US-joe-medium.onnx")

    def speak(self, request: Json) -> Json:
        """An audio file in base64, and where each sentence begins and ends in it, in seconds.

        A sentence has its `text`, its `speed` and the `pause` before it, in seconds. `voice` is
        espeak's name of a language; English is piper's.
        """
        sentences = request["sentences"]
        if request["voice"].startswith("en"):
            rate = self.piper.rate
            spoken = [self.piper.say(entry["text"], entry["speed"]) for entry in sentences]
        else:
            rate, spoken = spoken_by_espeak(request["voice"], sentences)
        parts: list[Samples] = []
        times, at = [], 0
        for sentence, samples in zip(sentences, spoken, strict=True):
            pause = np.zeros(round(sentence["pause"] * rate), np.int16)
            start = at + len(pause)
            at = start + len(samples)
            times.append((start / rate, at / rate))
            parts += [pause, samples]
        samples = np.concatenate(parts) if parts else np.zeros(1, np.int16)
        audio = encode(samples, rate, request["format"], request["sample_rate"])
        return {"audio": base64.b64encode(audio).decode(), "times": times}


def encode(samples: Samples, rate: int, audio_format: str, output_rate: int) -> bytes:
    """An audio file of samples at `rate`, in one of Polly's formats, at `output_rate`."""
    if audio_format == "pcm":
        frames = _resampled(samples, rate, output_rate)
        return b"".join(frame.to_ndarray().tobytes() for frame in frames)
    container_name, encoder, options, channels = _FORMATS[audio_format]
    file = io.BytesIO()
    # Without the encoder's name and version in it, so that a new one changes no bytes.
    with av.open(file, "w", container_name, options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(encoder, output_rate, options=options)
        stream.layout = "stereo" if channels == 2 else "mono"
        sample_format = stream.codec_context.codec.audio_formats[0].name
        for frame in _resampled(samples, rate, output_rate, sample_format, stream.layout.name):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _resampled(
    samples: Samples,
    rate: int,
    output_rate: int,
    sample_format: str = "s16",
    layout: str = "mono",
) -> Iterator[Any]:
    resampler = av.AudioResampler(sample_format, layout, output_rate)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
    frame.sample_rate = rate
    yield from resampler.resample(frame)
    yield from resampler.resample(None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engines: ClassVar[Engines]
    # The engines are not made for several threads.
    in_use: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        self._send(200, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        answers: dict[str, Callable[[], Json]] = {
            "/hear": lambda: self.engines.whisper.hear(body, json.loads(self.headers["x-request"])),
            "/speak": lambda: self.engines.speak(json.loads(body)),
        }
        try:
            with self.in_use:
                answer = answers[self.path]()
        except UnheardError as error:
            self._send(422, {"error": str(error)})
        else:
            self._send(200, answer)

    def _send(self, status: int, document: Json) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main(port: int, folder: Path) -> None:
    """Serve until the process is stopped, or its standard input ends."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _Handler.engines = Engines(folder)
    ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
