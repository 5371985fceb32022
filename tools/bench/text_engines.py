"""How good the engines behind the local Comprehend are, on labelled texts, beside a baseline.

Sentences of our own, labelled by hand before an engine had seen them: `sentiments.tsv`;
`entities.tsv` and `personal_data.tsv`, where `[words|TYPE]` is what must be found. Languages are
those of the corpus of documents. Intervals have 95 %: Wilson's of a share, and of an F1 those of
2,000 draws of the sentences.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

from local.services.comprehend.languages import dominant_language
from local.services.comprehend.sentiment import sentiment
from local.services.comprehend.text_engine import TextEngine

_TEXTS = Path(__file__).parent / "texts"
_MARKED = re.compile(r"\[([^|\]]+)\|([A-Z_]+)\]")
# What stood in for the engines before: words with a capital, and e-mail addresses.
_CAPITALS = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")
_DRAWS = 2_000

Span = tuple[int, int, str]
Counts = tuple[int, int, int]
"""Right, expected and answered spans of a sentence."""


@dataclass(frozen=True)
class Quality:
    """A share, its interval, and that of a baseline on the same texts; all between 0 and 1."""

    texts: int
    share: float
    low: float
    high: float
    baseline: float


@dataclass(frozen=True)
class Labelled:
    """A sentence, and the spans that a person sees in it."""

    language: str
    text: str
    spans: frozenset[Span]


def languages() -> Quality:
    """Share of texts whose language is right; the baseline answers English."""
    pairs = [
        (language, text)
        for name in ("articles", "letters")
        for language, text in json.loads((_TEXTS / f"{name}.json").read_text()).items()
    ]
    right = [dominant_language(text) == language for language, text in pairs]
    english = sum(language == "en" for language, _ in pairs) / len(pairs)
    return _share(right, english)


def sentiments() -> Quality:
    """Share of sentences whose class is right; the baseline is the largest class."""
    rows = [row.split("\t") for row in _lines("sentiments")]
    right = []
    for label, text in rows:
        scores = sentiment(text)
        right.append(max(scores, key=scores.__getitem__).upper() == label)
    labels = [label for label, _ in rows]
    return _share(right, max(map(labels.count, labels)) / len(rows))


def entities(engine: TextEngine, language: str) -> Quality:
    """F1 of entities in Comprehend's types; the baseline takes capitalised words for places."""

    def capitals(text: str) -> set[Span]:
        return {(match.start(), match.end(), "LOCATION") for match in _CAPITALS.finditer(text)}

    return _f1(_labelled("entities", language), engine, "entities", capitals)


def personal_data(engine: TextEngine, language: str) -> Quality:
    """F1 of personal data in Comprehend's types; the baseline finds e-mail addresses."""

    def addresses(text: str) -> set[Span]:
        return {(match.start(), match.end(), "EMAIL") for match in _EMAIL.finditer(text)}

    return _f1(_labelled("personal_data", language), engine, "pii", addresses)


def speed(engine: TextEngine) -> tuple[float, float]:
    """Seconds until the first answer of a new engine, and tokens a second afterwards."""
    begin = time.perf_counter()
    engine.findings("Rome", "en")
    loaded = time.perf_counter() - begin
    sentences = [sentence.text for sentence in _labelled("entities", "en")]
    text = "\n\n".join(f"{number}. {' '.join(sentences)}" for number in range(20))
    begin = time.perf_counter()
    engine.findings(text, "en")
    return loaded, len(re.findall(r"\w+|[^\w\s]", text)) / (time.perf_counter() - begin)


def _f1(
    labelled: Sequence[Labelled],
    engine: TextEngine,
    kind: str,
    baseline: Callable[[str], set[Span]],
) -> Quality:
    def answers(text: str, language: str) -> set[Span]:
        return {finding[:3] for finding in engine.findings(text, language)[kind]}

    counts = [
        _counts(sentence.spans, answers(sentence.text, sentence.language)) for sentence in labelled
    ]
    plain = [_counts(sentence.spans, baseline(sentence.text)) for sentence in labelled]
    return _score_of(counts, _score(plain))


def _counts(expected: frozenset[Span], actual: set[Span]) -> Counts:
    return len(expected & actual), len(expected), len(actual)


def _score(counts: Iterable[Counts]) -> float:
    right, expected, actual = map(sum, zip(*counts, strict=True))
    return 2 * right / (expected + actual)


def _share(right: Sequence[bool], baseline: float) -> Quality:
    interval = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
    return Quality(len(right), sum(right) / len(right), interval.low, interval.high, baseline)


def _score_of(counts: Sequence[Counts], baseline: float) -> Quality:
    draw = random.Random(7)  # noqa: S311 -- a draw, no secret
    shares = sorted(_score(draw.choices(counts, k=len(counts))) for _ in range(_DRAWS))
    low, high = shares[_DRAWS // 40], shares[-_DRAWS // 40 - 1]
    return Quality(len(counts), _score(counts), low, high, baseline)


def _labelled(name: str, language: str) -> list[Labelled]:
    rows = [line.split("\t") for line in _lines(name)]
    return [_sentence(code, marked) for code, marked in rows if code == language]


def _sentence(language: str, marked: str) -> Labelled:
    text, spans, position = "", set(), 0
    for match in _MARKED.finditer(marked):
        text += marked[position : match.start()]
        spans.add((len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        position = match.end()
    return Labelled(language, text + marked[position:], frozenset(spans))


def _lines(name: str) -> list[str]:
    return (_TEXTS / f"{name}.tsv").read_text().splitlines()
