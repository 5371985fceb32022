"""What Comprehend said of each piece, as one finding about the whole document."""

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Finding = Mapping[str, Any]
# From the first character to behind the last, in the whole text; and how sure Comprehend is.
Span = dict[str, Any]
_MOODS = ("Positive", "Negative", "Neutral", "Mixed")


@dataclass(frozen=True)
class Piece:
    """A part of the translated text, and what was found in it; None if nobody could say."""

    text: str
    findings: Finding | None


def merge(pieces: Iterable[Piece]) -> dict[str, Any]:
    """Text, sentiment weighted by length, entities and key phrases with counts, spans of PII."""
    texts: list[str] = []
    moods = dict.fromkeys(_MOODS, 0.0)
    entities: dict[tuple[str, str], list[Span]] = {}
    phrases: dict[str, list[Span]] = {}
    pii: dict[str, list[Span]] = {}
    begin = judged = 0
    for piece in pieces:
        if said := piece.findings:
            judged += len(piece.text)
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
    shares = {mood.lower(): round(weight / max(1, judged), 6) for mood, weight in moods.items()}
    return {
        "text": text,
        "sentiment": max(shares, key=shares.__getitem__).upper(),
        "sentiment_score": shares,
        "entities": [
            {"type": kind, **_occurrences(text, spans)} for (kind, _), spans in entities.items()
        ],
        "key_phrases": [_occurrences(text, spans) for spans in phrases.values()],
        "pii": [{"type": kind, "spans": spans} for kind, spans in pii.items()],
    }


def row(document: Finding, merged: Finding, result_key: str, lost_parts: int) -> dict[str, Any]:
    """What Athena sees of a document: the columns of `stacks/language_chain/results.py`."""
    return {
        **{name: document[name] for name in ("document_id", "bucket", "key", "target_language")},
        "sentiment": merged["sentiment"],
        **{f"{mood}_share": share for mood, share in merged["sentiment_score"].items()},
        "characters": len(merged["text"]),
        "entities": [each["text"] for each in merged["entities"]],
        "key_phrases": [each["text"] for each in merged["key_phrases"]],
        "pii_types": sorted(each["type"] for each in merged["pii"]),
        "lost_parts": lost_parts,
        "result_key": result_key,
    }


def redact(merged: Mapping[str, Any]) -> dict[str, Any]:
    """`merged` with a word for its kind in the place of every span of PII.

    Entities and key phrases lose what overlaps one. All offsets are those of the new text.
    """
    places = _Redaction(merged["text"], merged["pii"])
    return {
        **merged,
        "text": places.text,
        "entities": places.outside(merged["entities"]),
        "key_phrases": places.outside(merged["key_phrases"]),
        "pii": [
            {**each, "spans": [places.covering(span) for span in each["spans"]]}
            for each in merged["pii"]
        ],
    }


class _Redaction:
    """A text in which spans are replaced, and where everything is afterwards."""

    def __init__(self, text: str, pii: Iterable[Mapping[str, Any]]) -> None:
        spans = sorted((s["begin"], s["end"], each["type"]) for each in pii for s in each["spans"])
        # What overlaps is one: (begin, end) before and after.
        self._replaced: list[tuple[int, int, int, int]] = []
        made, length, place = [], 0, 0
        for begin, end, kind in spans:
            if self._replaced and begin < place:
                old_begin, _, new_begin, new_end = self._replaced.pop()
                place = max(place, end)
                self._replaced.append((old_begin, place, new_begin, new_end))
                continue
            word = f"[{kind}]"
            made += [text[place:begin], word]
            length += begin - place + len(word)
            self._replaced.append((begin, end, length - len(word), length))
            place = end
        self.text = "".join([*made, text[place:]])
        self._begins = [begin for begin, *_ in self._replaced]

    def covering(self, span: Mapping[str, Any]) -> dict[str, Any]:
        """Where the word stands that replaced a span."""
        _, _, begin, end = self._replaced[bisect(self._begins, span["begin"]) - 1]
        return {**span, "begin": begin, "end": end}

    def outside(self, found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What was found, where it overlaps nothing that was replaced."""
        kept = []
        for each in found:
            spans = [moved for span in each["spans"] if (moved := self._moved(span))]
            if spans:
                first = spans[0]
                text = self.text[first["begin"] : first["end"]]
                kept.append({**each, "text": text, "count": len(spans), "spans": spans})
        return kept

    def _moved(self, span: Mapping[str, Any]) -> dict[str, Any] | None:
        place = bisect(self._begins, span["begin"])
        if place < len(self._begins) and self._begins[place] < span["end"]:
            return None
        shift = 0
        if place:
            _, old_end, _, new_end = self._replaced[place - 1]
            if old_end > span["begin"]:
                return None
            shift = new_end - old_end
        return {**span, "begin": span["begin"] + shift, "end": span["end"] + shift}


def _span(found: Mapping[str, Any], begin: int) -> Span:
    return {
        "begin": found["BeginOffset"] + begin,
        "end": found["EndOffset"] + begin,
        "score": round(found["Score"], 6),
    }


def _occurrences(text: str, spans: list[Span]) -> dict[str, Any]:
    first = spans[0]
    return {
        "text": text[first["begin"] : first["end"]],
        "count": len(spans),
        "spans": spans,
    }
