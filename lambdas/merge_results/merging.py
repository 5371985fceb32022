"""What Comprehend said of each piece, as one finding about the whole document."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Finding = Mapping[str, Any]
_MOODS = ("Positive", "Negative", "Neutral", "Mixed")


@dataclass(frozen=True)
class Piece:
    """A part of the translated text, and what was found in it."""

    text: str
    findings: Finding


@dataclass(frozen=True)
class Span:
    """From the first character to behind the last, in the whole text."""

    begin: int
    end: int
    score: float


def merge(pieces: Iterable[Piece]) -> dict[str, Any]:
    """Text, sentiment weighted by length, entities and key phrases with counts, spans of PII."""
    texts: list[str] = []
    moods = dict.fromkeys(_MOODS, 0.0)
    entities: dict[tuple[str, str], list[Span]] = {}
    phrases: dict[str, list[Span]] = {}
    pii: dict[str, list[Span]] = {}
    begin = 0
    for piece in pieces:
        said = piece.findings
        for mood in _MOODS:
            moods[mood] += said["SentimentScore"][mood] * len(piece.text)
        for found in said["Entities"]:
            key = found["Type"], found["Text"].casefold()
            entities.setdefault(key, []).append(_span(found, begin))
        for found in said["KeyPhrases"]:
            phrases.setdefault(found["Text"].casefold(), []).append(_span(found, begin))
        for found in said.get("PiiEntities", []):
            pii.setdefault(found["Type"], []).append(_span(found, begin))
        texts.append(piece.text)
        begin += len(piece.text)
    text = "".join(texts)
    shares = {mood.lower(): round(weight / max(1, begin), 6) for mood, weight in moods.items()}
    return {
        "text": text,
        "sentiment": max(shares, key=shares.__getitem__).upper(),
        "sentiment_score": shares,
        "entities": [
            {"type": kind, **_occurrences(text, spans)} for (kind, _), spans in entities.items()
        ],
        "key_phrases": [_occurrences(text, spans) for spans in phrases.values()],
        "pii": [
            {"type": kind, "spans": [asdict(span) for span in spans]} for kind, spans in pii.items()
        ],
    }


def redacted(text: str, pii: Iterable[Mapping[str, Any]]) -> str:
    """`text` with a word for its kind in the place of every span of PII."""
    spans = [(span["begin"], span["end"], one["type"]) for one in pii for span in one["spans"]]
    made, place = [], 0
    for begin, end, kind in sorted(spans):
        if begin >= place:
            made += [text[place:begin], f"[{kind}]"]
        place = max(place, end)
    return "".join([*made, text[place:]])


def _span(found: Mapping[str, Any], begin: int) -> Span:
    first, last = found["BeginOffset"] + begin, found["EndOffset"] + begin
    return Span(first, last, round(found["Score"], 6))


def _occurrences(text: str, spans: list[Span]) -> dict[str, Any]:
    first = spans[0]
    return {
        "text": text[first.begin : first.end],
        "count": len(spans),
        "spans": [asdict(span) for span in spans],
    }
