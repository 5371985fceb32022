"""Comprehend's real-time detection: the documented limits and errors, and simple answers.

py3langid identifies the language, VADER scores the sentiment of English; entities, key phrases and
personal data are what simple patterns match. Refuses texts above the documented size and languages
that an action does not support. Answers carry no confidence of a model: scores are constants.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from local.services.quotas import Quotas
from local.services.task import Arguments, StandIn, Table, TaskError

LENIENT = [
    (
        "Answers are simple patterns with constant scores.",
        "No model of Comprehend is public.",
    ),
]

_SENTIMENT_BYTES, _OTHER_BYTES = 5_000, 100_000
_LANGUAGES = {"ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es"}
_PII_LANGUAGES = {"en", "es"}
_NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_LONG_WORD = re.compile(r"\b[a-z]{9,}\b")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")


def table(quotas: Quotas) -> Table:
    """The stand-ins of the service's integrations, within its quota."""
    return quotas.limit(
        {
            "comprehend:detectDominantLanguage": _checked(_detect_language),
            "comprehend:detectSentiment": _checked(_detect_sentiment, most_bytes=_SENTIMENT_BYTES),
            "comprehend:detectEntities": _checked(_detect_entities),
            "comprehend:detectKeyPhrases": _checked(_detect_key_phrases),
            "comprehend:detectPiiEntities": _checked(_detect_pii, languages=_PII_LANGUAGES),
        }
    )


def dominant_language(text: str) -> str:
    """The code of the language that a text is most probably in."""
    import py3langid  # noqa: PLC0415 -- installed where an architecture uses Comprehend

    code, _ = py3langid.classify(text)
    return str(code)


def _checked(
    answer: Callable[[str], Arguments],
    *,
    most_bytes: int = _OTHER_BYTES,
    languages: set[str] = _LANGUAGES,
) -> StandIn:
    """A stand-in that refuses a text of more bytes, and any other language."""

    def stand_in(request: Arguments) -> Arguments:
        size = len(request["Text"].encode())
        if size > most_bytes:
            raise TaskError(
                "Comprehend.TextSizeLimitExceededException",
                "Input text size exceeds limit. Max length of request text allowed is"
                f" {most_bytes} bytes while in this request the text size is {size} bytes",
            )
        language = request.get("LanguageCode")
        if language and language not in languages:
            error = "Comprehend.UnsupportedLanguageException"
            raise TaskError(error, f"{language} is not supported")
        return answer(request["Text"])

    return stand_in


def _detect_language(text: str) -> Arguments:
    return {"Languages": [{"LanguageCode": dominant_language(text), "Score": 0.99}]}


def _detect_sentiment(text: str) -> Arguments:
    polarity = _analyzer().polarity_scores(text)
    scores = {
        "Positive": polarity["pos"],
        "Negative": polarity["neg"],
        "Neutral": polarity["neu"],
        "Mixed": 0.0,
    }
    return {"Sentiment": max(scores, key=scores.__getitem__).upper(), "SentimentScore": scores}


def _detect_entities(text: str) -> Arguments:
    return {"Entities": _matches(_NAME, text, Type="OTHER")}


def _detect_key_phrases(text: str) -> Arguments:
    return {"KeyPhrases": _matches(_LONG_WORD, text)}


def _detect_pii(text: str) -> Arguments:
    entities = _matches(_EMAIL, text, Type="EMAIL")
    for entity in entities:
        del entity["Text"]  # Comprehend returns where they are, not what they are
    return {"Entities": entities}


@cache
def _analyzer() -> Any:
    from vaderSentiment import vaderSentiment  # noqa: PLC0415 -- as above

    return vaderSentiment.SentimentIntensityAnalyzer()


def _matches(pattern: re.Pattern[str], text: str, **fields: str) -> list[Arguments]:
    return [
        {
            "Text": match[0],
            "BeginOffset": match.start(),
            "EndOffset": match.end(),
            "Score": 0.9,
            **fields,
        }
        for match in pattern.finditer(text)
    ]
