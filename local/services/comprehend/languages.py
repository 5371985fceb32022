"""The languages of a text, by py3langid.

Each sentence is judged alone, and counts by its length: of a text in two languages both are
answered, with their shares. py3langid is surer of one long text than it is right. Comprehend's
scores are independent of each other; these are shares.
"""

import re
from collections import defaultdict
from functools import cache
from typing import Any

_SENTENCE_END = re.compile(r"(?<=[.!?…\u3002\uff01\uff1f\u0964\u061f])\s*|\n+")
# Comprehend answers the languages that it holds possible.
_LEAST_SCORE = 0.05
# Shorter ones go with the sentence before: py3langid needs about twenty characters.
_LEAST_CHARACTERS = 20
_SURELY_OTHER, _SURELY_BYTES = 1e-4, 60
# docs.aws.amazon.com/comprehend/latest/dg/how-languages.html, read on 2026-11-29; those that
# py3langid knows by the same code.
_COMPREHENDS = (
    "af am ar as az ba be bn bs bg ca ceb cs cv cy da de el en eo et eu fa fi fr gd ga gl "
    "gu ht he ha hi hr hu hy ilo id is it jv ja kn ka kk km ky ko ku lo la lv lt lb ml mt "
    "mr mk mg mn ms my ne new nl no or om pa pl pt ps qu ro ru sa si sk sl sd so es sq sr "
    "su sw sv ta tt te tg tl th tk tr ug uk ur uz vi yi yo zh "
)


def languages(text: str) -> list[tuple[str, float]]:
    """Code and score of each language, most probable first; the scores sum to at most 1."""
    scores: defaultdict[str, float] = defaultdict(float)
    for sentence in _sentences(text):
        for code, probability in _probabilities(sentence):
            scores[code] += probability * len(sentence)
    total = sum(scores.values())
    shares = [
        (code, score / total) for code, score in sorted(scores.items(), key=lambda item: -item[1])
    ]
    shares = [(_written(code, text), share) for code, share in shares]
    return [shares[0], *(share for share in shares[1:] if share[1] >= _LEAST_SCORE)]


def _written(code: str, text: str) -> str:
    """Chinese by its characters: traditional ones are in Big5, and few of them in GB 2312."""
    if code == "zh" and _fits(text, "big5") and not _fits(text, "gb2312"):
        return "zh-TW"
    return code


def _fits(text: str, charset: str) -> bool:
    return text.encode(charset, "ignore").decode(charset) == text


def dominant_language(text: str) -> str:
    """The code of the language that a text is most probably in."""
    return languages(text)[0][0]


def language_of(text: str, stated: str) -> str:
    """The language that a text is in: `stated`, unless it surely is another."""
    if len(text.strip().encode()) < _SURELY_BYTES:
        return stated
    ranked = _probabilities(text)
    return stated if dict(ranked).get(stated, 0) >= _SURELY_OTHER else ranked[0][0]


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for sentence in filter(str.strip, _SENTENCE_END.split(text)):
        if sentences and len(sentence) < _LEAST_CHARACTERS:
            sentences[-1] += f" {sentence}"
        else:
            sentences.append(sentence)
    return sentences or [text]


def _probabilities(text: str) -> list[tuple[str, float]]:
    ranked: list[tuple[str, float]] = [
        (str(code), float(probability)) for code, probability in _identifier().rank(text)
    ]
    return ranked


@cache
def _identifier() -> Any:
    # Installed where an architecture uses Comprehend.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted({*_COMPREHENDS.split()} & {*identifier.labels}))
    return identifier
