"""What stands for Translate and Comprehend here: their limits and errors, and honest answers.

Requests have been held against botocore's model when they come here. Sizes and languages are the
documented ones. The language is identified, and the sentiment of English judged, by packaged
libraries; a translation is the text itself, plainly marked as not translated; entities, key phrases
and personal data are found by patterns that only stand for Comprehend's.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import py3langid
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from sandbox.task_error import TaskError

Arguments = dict[str, Any]
_TRANSLATE_BYTES, _SENTIMENT_BYTES, _OTHER_BYTES = 10_000, 5_000, 100_000
_COMPREHEND = {"ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es"}
_PII = {"en", "es"}
_NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_LONG = re.compile(r"\b[a-z]{9,}\b")
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")


def answer(name: str, request: Arguments) -> Arguments:
    """The answer to `translate:…` or `comprehend:…`. Raises TaskError with the service's error."""
    service, api = name.split(":")
    size = len(request["Text"].encode())
    most = {"translateText": _TRANSLATE_BYTES, "detectSentiment": _SENTIMENT_BYTES}
    if size > most.get(api, _OTHER_BYTES):
        raise TaskError(
            f"{service.title()}.TextSizeLimitExceededException",
            "Input text size exceeds limit. Max length of request text allowed is "
            f"{most.get(api, _OTHER_BYTES)} bytes while in this request the text size is "
            f"{size} bytes",
        )
    language = request.get("LanguageCode")
    if language and language not in (_PII if api == "detectPiiEntities" else _COMPREHEND):
        raise TaskError("Comprehend.UnsupportedLanguageException", f"{language} is not supported")
    answers: dict[str, Callable[[Arguments], Arguments]] = {
        "translateText": _translated,
        "detectDominantLanguage": _languages,
        "detectSentiment": _sentiment,
        "detectEntities": lambda asked: {"Entities": _found(_NAME, asked["Text"], Type="OTHER")},
        "detectKeyPhrases": lambda asked: {"KeyPhrases": _found(_LONG, asked["Text"])},
        "detectPiiEntities": lambda asked: {
            "Entities": [
                {key: value for key, value in each.items() if key != "Text"}
                for each in _found(_MAIL, asked["Text"], Type="EMAIL")
            ]
        },
    }
    return answers[api](request)


def _translated(request: Arguments) -> Arguments:
    source, target = request["SourceLanguageCode"], request["TargetLanguageCode"]
    marked = f"[{source} to {target}, not translated here] {request['Text']}"
    return {
        "TranslatedText": marked,
        "SourceLanguageCode": source,
        "TargetLanguageCode": target,
    }


def _languages(request: Arguments) -> Arguments:
    code, _ = py3langid.classify(request["Text"])
    return {"Languages": [{"LanguageCode": code, "Score": 0.99}]}


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
