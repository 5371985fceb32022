"""What stands for Translate and Comprehend here: their limits and errors, and honest answers.

Requests have been held against botocore's model when they come here. Sizes, languages and calls a
second are the documented ones. The language is identified, and the sentiment of English judged, by
packaged libraries; a translation is the text itself, plainly marked as not translated; entities,
key phrases and personal data are found by patterns that only stand for Comprehend's.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import py3langid
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from local.services.task_error import TaskError

Arguments = dict[str, Any]
_TRANSLATE_BYTES, _SENTIMENT_BYTES, _OTHER_BYTES = 10_000, 5_000, 100_000
_CALLS_A_SECOND = 20
_COMPREHEND = {"ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es"}
_PII = {"en", "es"}
# What Translate translates from and to.
# fmt: off
_TRANSLATE = {
    "af", "sq", "am", "ar", "hy", "az", "bn", "bs", "bg", "ca", "zh", "zh-TW", "hr", "cs",
    "da", "fa-AF", "nl", "en", "et", "fa", "tl", "fi", "fr", "fr-CA", "ka", "de", "el", "gu",
    "ht", "ha", "he", "hi", "hu", "is", "id", "ga", "it", "ja", "kn", "kk", "ko", "lv",
    "lt", "mk", "ms", "ml", "mt", "mr", "mn", "no", "ps", "pl", "pt", "pt-PT", "pa", "ro",
    "ru", "sr", "si", "sk", "sl", "so", "es", "es-MX", "sw", "sv", "ta", "te", "th", "tr",
    "uk", "ur", "uz", "vi", "cy",
}
# fmt: on
_NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_LONG = re.compile(r"\b[a-z]{9,}\b")
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")


class Language:
    """Answers as the services do, and can be told to be slower, or to fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refuse_every = 0
        self._failing: dict[str, str] = {}
        self._asked: dict[str, deque[float]] = {}
        self._calls = 0
        self._throttled = 0

    def tell(self, told: Arguments) -> Arguments:
        """Throttle each `refuse_every`th call; `failing`: API -> the error that it answers with.

        What is not told is as it is documented again. Returns how many calls were throttled.
        """
        with self._lock:
            self._refuse_every = told.get("refuse_every", 0)
            self._failing = told.get("failing", {})
            return {"throttled": self._throttled}

    def answer(self, name: str, request: Arguments) -> Arguments:
        """The answer to `translate:…` or `comprehend:…`. Raises TaskError, the service's error."""
        service, api = name.split(":")
        prefix = service.title()
        if api in self._failing:
            raise TaskError(f"{prefix}.{self._failing[api]}", "told to fail")
        if not self._may_be_asked(api):
            raise TaskError(f"{prefix}.TooManyRequestsException", "Rate exceeded")
        size = len(request["Text"].encode())
        most = {"translateText": _TRANSLATE_BYTES, "detectSentiment": _SENTIMENT_BYTES}
        if size > most.get(api, _OTHER_BYTES):
            raise TaskError(
                f"{prefix}.TextSizeLimitExceededException",
                "Input text size exceeds limit. Max length of request text allowed is "
                f"{most.get(api, _OTHER_BYTES)} bytes while in this request the text size is "
                f"{size} bytes",
            )
        language = request.get("LanguageCode")
        if language and language not in (_PII if api == "detectPiiEntities" else _COMPREHEND):
            error = "Comprehend.UnsupportedLanguageException"
            raise TaskError(error, f"{language} is not supported")
        return _ANSWERS[api](request)

    def _may_be_asked(self, api: str) -> bool:
        with self._lock:
            self._calls += 1
            asked, now = self._asked.setdefault(api, deque()), time.monotonic()
            while asked and now - asked[0] > 1:
                asked.popleft()
            refused = self._refuse_every and self._calls % self._refuse_every == 0
            if refused or len(asked) >= _CALLS_A_SECOND:
                self._throttled += 1
                return False
            asked.append(now)
            return True


def translated(text: str, source: str, target: str) -> str:
    """`text`, marked as what it is. Raises TaskError for a language that is not known there."""
    for language in (source, target):
        if language not in _TRANSLATE:
            raise TaskError(
                "Translate.UnsupportedLanguagePairException",
                f"Unsupported language pair: {source} to {target}.",
            )
    return f"[{source} to {target}, not translated here] {text}"


def language_of(text: str) -> str:
    """The language that a text is most probably in."""
    code, _ = py3langid.classify(text)
    return str(code)


def _translated(request: Arguments) -> Arguments:
    source, target = request["SourceLanguageCode"], request["TargetLanguageCode"]
    return {
        "TranslatedText": translated(request["Text"], source, target),
        "SourceLanguageCode": source,
        "TargetLanguageCode": target,
    }


def _languages(request: Arguments) -> Arguments:
    return {"Languages": [{"LanguageCode": language_of(request["Text"]), "Score": 0.99}]}


def _sentiment(request: Arguments) -> Arguments:
    said = _analyzer().polarity_scores(request["Text"])
    scores = {
        "Positive": said["pos"],
        "Negative": said["neg"],
        "Neutral": said["neu"],
        "Mixed": 0.0,
    }
    return {"Sentiment": max(scores, key=scores.__getitem__).upper(), "SentimentScore": scores}


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _found(pattern: re.Pattern[str], text: str, **more: str) -> list[Arguments]:
    return [
        {
            "Text": match[0],
            "BeginOffset": match.start(),
            "EndOffset": match.end(),
            "Score": 0.9,
            **more,
        }
        for match in pattern.finditer(text)
    ]


def _personal(request: Arguments) -> Arguments:
    found = _found(_MAIL, request["Text"], Type="EMAIL")
    return {"Entities": [{k: v for k, v in each.items() if k != "Text"} for each in found]}


_ANSWERS: dict[str, Callable[[Arguments], Arguments]] = {
    "translateText": _translated,
    "detectDominantLanguage": _languages,
    "detectSentiment": _sentiment,
    "detectEntities": lambda asked: {"Entities": _found(_NAME, asked["Text"], Type="OTHER")},
    "detectKeyPhrases": lambda asked: {"KeyPhrases": _found(_LONG, asked["Text"])},
    "detectPiiEntities": _personal,
}
