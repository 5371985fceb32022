"""Translate's TranslateText: the documented limits and errors, and Apertium's translations.

Without Apertium, or for a pair that it lacks, the translation is the text itself, marked as such,
and the answer says that it is in the source language. Refuses more than 10,000 bytes, and languages
that Translate does not know. Terminologies and formality are not looked at.
"""

import re
from typing import NamedTuple

from local.services.quotas import Quotas
from local.services.task import Arguments, Table, TaskError
from local.services.translate import apertium

LENIENT = [
    (
        "Terminologies and formality are not looked at; the source language is believed.",
        "Apertium has neither.",
    ),
    (
        "A text that nothing here translates is answered with a mark, in its source language.",
        "No package holds a translator; Debian's Apertium, if it is there, knows es-en and fr-es.",
    ),
]

# Before a text that was not translated: from here on it is in the first language.
MARK = re.compile(r"\[(\S+) to \S+, not translated here\] ")
_MOST_BYTES = 10_000
# fmt: off
LANGUAGES = {
    "af", "sq", "am", "ar", "hy", "az", "bn", "bs", "bg", "ca", "zh", "zh-TW", "hr", "cs",
    "da", "fa-AF", "nl", "en", "et", "fa", "tl", "fi", "fr", "fr-CA", "ka", "de", "el", "gu",
    "ht", "ha", "he", "hi", "hu", "is", "id", "ga", "it", "ja", "kn", "kk", "ko", "lv",
    "lt", "mk", "ms", "ml", "mt", "mr", "mn", "no", "ps", "pl", "pt", "pt-PT", "pa", "ro",
    "ru", "sr", "si", "sk", "sl", "so", "es", "es-MX", "sw", "sv", "ta", "te", "th", "tr",
    "uk", "ur", "uz", "vi", "cy",
}
# fmt: on


def table(quotas: Quotas) -> Table:
    """The stand-in of the real-time integration, within its quota."""
    return quotas.limit({"translate:translateText": _translate_text})


class Translation(NamedTuple):
    """A text, and the language that it is in."""

    text: str
    language: str


def translate(text: str, source: str, target: str) -> Translation:
    """`text` in `target`, or marked as not translated.

    Raises TaskError for a language that Translate lacks, LocalError if Apertium fails.
    """
    if not {source, target} <= LANGUAGES:
        raise TaskError(
            "Translate.UnsupportedLanguagePairException",
            f"Unsupported language pair: {source} to {target}.",
        )
    translated = apertium.translation(text, source, target)
    if translated is None:
        return Translation(f"[{source} to {target}, not translated here] {text}", source)
    return Translation(translated, target)


def _translate_text(request: Arguments) -> Arguments:
    size = len(request["Text"].encode())
    if size > _MOST_BYTES:
        raise TaskError(
            "Translate.TextSizeLimitExceededException",
            "Input text size exceeds limit. Max length of request text allowed is"
            f" {_MOST_BYTES} bytes while in this request the text size is {size} bytes",
        )
    source = request["SourceLanguageCode"]
    translation = translate(request["Text"], source, request["TargetLanguageCode"])
    return {
        "TranslatedText": translation.text,
        "SourceLanguageCode": source,
        # Of the target text: on AWS always the one that was asked for.
        "TargetLanguageCode": translation.language,
    }
