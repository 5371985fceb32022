"""Comprehend's real-time detection: the documented limits and errors, and answers of engines.

Entities, key phrases and personal data are spaCy's and Presidio's (`text_engine.py`), languages
py3langid's, the sentiment VADER's. Refuses texts above the documented size and languages that an
action does not support. Offsets count code points
(docs.aws.amazon.com/sdk-for-ruby/v2/api/Aws/Comprehend/Types/PiiEntity.html, read 2026-11-29).

What the local Translate could only mark is still in its own language, whatever language the caller
states: it is answered as such. In a language without an engine nothing is found, and its sentiment
is unknown.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from local.services.comprehend.languages import language_of, languages
from local.services.comprehend.sentiment import UNKNOWN, Scores, sentiment
from local.services.comprehend.text_engine import Finding, TextEngine
from local.services.quotas import Quotas
from local.services.task import Arguments, StandIn, Table, TaskError
from local.services.translate.text_translation import MARK

LENIENT = [
    (
        "Entities are found in English and French, sentiment in English alone, personal data by"
        " name in English and by form in Spanish; other languages have no findings, and all"
        " sentiments alike.",
        "No package has a model of Comprehend's size, and those for other languages are"
        " place-holders.",
    ),
    (
        "A text that surely is in another language than the request states is answered in its own.",
        "The local Translate marks most texts instead of translating them.",
    ),
    (
        "The score of an entity or a phrase is the precision of its model, the same for all.",
        "The models give no confidence.",
    ),
    (
        "Of personal data, ages, passwords, PINs, keys, plates and what other countries number are"
        " not found; an address is a number and a street in English.",
        "Presidio has no recognisers for them.",
    ),
]

_SENTIMENT_BYTES, _OTHER_BYTES = 5_000, 100_000
_LANGUAGES = {"ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es"}
_PII_LANGUAGES = {"en", "es"}
_Answer = Callable[[str, str], Arguments]


class Part(NamedTuple):
    """A part of a text that is in one language."""

    begin: int
    text: str
    language: str


def table(quotas: Quotas, engine: TextEngine) -> Table:
    """The stand-ins of the service's integrations, within its quota."""

    def entities(text: str, language: str) -> Arguments:
        return {"Entities": _found(engine, text, language, "entities", "Type", "Text")}

    def key_phrases(text: str, language: str) -> Arguments:
        return {"KeyPhrases": _found(engine, text, language, "key_phrases", "Text")}

    def pii(text: str, language: str) -> Arguments:
        # Comprehend answers where they are, not what they are.
        return {"Entities": _found(engine, text, language, "pii", "Type")}

    return quotas.limit(
        {
            "comprehend:detectDominantLanguage": _checked(_detect_languages),
            "comprehend:detectSentiment": _checked(_detect_sentiment, most_bytes=_SENTIMENT_BYTES),
            "comprehend:detectEntities": _checked(entities),
            "comprehend:detectKeyPhrases": _checked(key_phrases),
            "comprehend:detectPiiEntities": _checked(pii, languages=_PII_LANGUAGES),
        }
    )


def findings(engine: TextEngine, text: str, stated: str, kind: str) -> Iterator[Finding]:
    """The engine's findings of one kind in every part of a text whose language is said to be
    `stated`. Raises LocalError if the engine fails."""
    for part in parts(text, stated):
        for begin, end, finding_type, score in engine.findings(part.text, part.language)[kind]:
            yield begin + part.begin, end + part.begin, finding_type, score


def parts(text: str, stated: str) -> Iterator[Part]:
    """The parts of a text in one language each; without the marks of what was not translated."""
    begin, language = 0, ""
    for mark in [*MARK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        if end > begin:
            part = text[begin:end]
            yield Part(begin, part, language or language_of(part, stated))
        if mark:
            begin, language = mark.end(), mark[1]


def _checked(
    answer: _Answer,
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
        language = request.get("LanguageCode", "")
        if language and language not in languages:
            error = "Comprehend.UnsupportedLanguageException"
            raise TaskError(error, f"{language} is not supported")
        return answer(request["Text"], language)

    return stand_in


def _found(
    engine: TextEngine, text: str, language: str, kind: str, *fields: str
) -> list[dict[str, Any]]:
    return [
        {
            "BeginOffset": begin,
            "EndOffset": end,
            "Score": score,
            **{name: {"Type": finding_type, "Text": text[begin:end]}[name] for name in fields},
        }
        for begin, end, finding_type, score in findings(engine, text, language, kind)
    ]


def _detect_languages(text: str, _: str) -> Arguments:
    return {
        "Languages": [
            {"LanguageCode": code, "Score": round(score, 6)} for code, score in languages(text)
        ]
    }


def _detect_sentiment(text: str, language: str) -> Arguments:
    judged = list(parts(text, language))
    length = sum(len(part.text) for part in judged) or 1
    scores: Scores = dict.fromkeys(UNKNOWN, 0.0)
    for part in judged:
        for name, score in (sentiment(part.text) if part.language == "en" else UNKNOWN).items():
            scores[name] += score * len(part.text) / length
    return {
        "Sentiment": max(scores, key=scores.__getitem__).upper(),
        "SentimentScore": scores if judged else UNKNOWN,
    }
