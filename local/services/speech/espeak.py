"""Sentences to speech by espeak, once; runs in `.venv-speech`, started by `server.py`.

Standard input is JSON with the `voice` and its `sentences`. Standard output is a line of JSON, the
`rate` and the number of samples of each sentence, and then the samples, of 16 bits. A process
speaks once: espeak's noise depends on what it has said before, and cannot be reset.
"""

import ctypes
import json
import re
import sys
from typing import Any

import espeakng_loader

# What espeak/speak_lib.h of espeak-ng 1.52 names espeakCHARS_UTF8, AUDIO_OUTPUT_RETRIEVAL and
# espeakRATE, and its rate of speech in words a minute.
_UTF8, _RETRIEVAL, _RATE_PARAMETER, _WORDS_A_MINUTE = 1, 1, 1, 175
# Phonemes in a text are for piper.
_PHONEMES = re.compile(r"\[\[.*?\]\]")


class Espeak:
    """espeak's library."""

    def __init__(self, voice: str) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate: int = self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
        self._samples = bytearray()
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = signature(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetVoiceByName(voice.encode())

    def say(self, text: str, speed: float) -> bytes:
        """Samples at `rate`."""
        self._samples = bytearray()
        words_a_minute = round(_WORDS_A_MINUTE * speed)
        self._library.espeak_SetParameter(_RATE_PARAMETER, words_a_minute, 0)
        body = _PHONEMES.sub("", text).encode()
        self._library.espeak_Synth(body, len(body) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._samples)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, 2 * count)
        return 0


def main() -> None:
    """Speak what standard input says."""
    request = json.load(sys.stdin)
    espeak = Espeak(request["voice"])
    spoken = [espeak.say(sentence["text"], sentence["speed"]) for sentence in request["sentences"]]
    header = {"rate": espeak.rate, "counts": [len(samples) // 2 for samples in spoken]}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + b"".join(spoken))


if __name__ == "__main__":
    main()
