"""Translate's TranslateText: the documented limits and errors, and text that is not translated.

The translation is the text itself, marked as such. Refuses more than 10,000 bytes, and languages
that Translate does not know. Terminologies, formality and the source language itself are not
checked.
"""

from local.services.quotas import Quotas
from local.services.task import Arguments, Table, TaskError

LENIENT = [
    (
        "Terminologies and formality are not looked at; the source language is believed.",
        "Nothing is translated.",
    ),
]

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


def translate(text: str, source: str, target: str) -> str:
    """`text`, marked as not translated. Raises TaskError for a language Translate lacks."""
    if not {source, target} <= LANGUAGES:
        raise TaskError(
            "Translate.UnsupportedLanguagePairException",
            f"Unsupported language pair: {source} to {target}.",
        )
    return f"[{source} to {target}, not translated here] {text}"


def _translate_text(request: Arguments) -> Arguments:
    size = len(request["Text"].encode())
    if size > _MOST_BYTES:
        raise TaskError(
            "Translate.TextSizeLimitExceededException",
            "Input text size exceeds limit. Max length of request text allowed is"
            f" {_MOST_BYTES} bytes while in this request the text size is {size} bytes",
        )
    source, target = request["SourceLanguageCode"], request["TargetLanguageCode"]
    return {
        "TranslatedText": translate(request["Text"], source, target),
        "SourceLanguageCode": source,
        "TargetLanguageCode": target,
    }
