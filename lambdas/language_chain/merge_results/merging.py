"""Merge what Comprehend says of the pieces into one answer about the whole document."""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Finding = Mapping[str, Any]
# `begin` and `end` in the whole text (end exclusive), and Comprehend's confidence as `score`.
Span = dict[str, Any]
_MOODS = ("Positive", "Negative", "Neutral", "Mixed")


@dataclass(frozen=True)
class Piece:
    """A part of the translated text, and its sentiment by mood; None if that is unknown."""

    text: str
    moods: Finding | None


@dataclass(frozen=True)
class Passage:
    """Pieces that were searched as one text, and what was found; None if the search failed."""

    pieces: Sequence[Piece]
    findings: Finding | None


def merge(passages: Iterable[Passage]) -> dict[str, Any]:
    """Text, sentiment weighted by length, entities and key phrases with counts, PII spans."""
    texts: list[str] = []
    moods = dict.fromkeys(_MOODS, 0.0)
    entities: dict[tuple[str, str], list[Span]] = {}
    phrases: dict[str, list[Span]] = {}
    pii: dict[str, list[Span]] = {}
    begin = analysed = 0
    for passage in passages:
        if findings := passage.findings:
            for entity in findings["Entities"]:
                key = entity["Type"], entity["Text"].casefold()
                entities.setdefault(key, []).append(_span(entity, begin))
            for phrase in findings["KeyPhrases"]:
                phrases.setdefault(phrase["Text"].casefold(), []).append(_span(phrase, begin))
            for entity in findings.get("PiiEntities", []):
                pii.setdefault(entity["Type"], []).append(_span(entity, begin))
        for piece in passage.pieces:
            if piece.moods:
                analysed += len(piece.text)
                for mood in _MOODS:
                    moods[mood] += piece.moods[mood] * len(piece.text)
            texts.append(piece.text)
            begin += len(piece.text)
    text = "".join(texts)
    shares = {mood.lower(): round(weight / max(1, analysed), 6) for mood, weight in moods.items()}
    return {
        "text": text,
        # Of a text without any analysed part nothing is known.
        "sentiment": max(shares, key=shares.__getitem__).upper() if analysed else "UNKNOWN",
        "sentiment_score": shares,
        "entities": [
            {"type": entity_type, **_occurrences(text, spans)}
            for (entity_type, _), spans in entities.items()
        ],
        "key_phrases": [_occurrences(text, spans) for spans in phrases.values()],
        "pii": [{"type": pii_type, "spans": spans} for pii_type, spans in pii.items()],
    }


def row(document: Finding, merged: Finding, result_key: str, lost_parts: int) -> dict[str, Any]:
    """A document's row in Athena: the columns of `stacks/language_chain/results.py`."""
    return {
        **{name: document[name] for name in ("document_id", "bucket", "key", "target_language")},
        "sentiment": merged["sentiment"],
        **{f"{mood}_share": share for mood, share in merged["sentiment_score"].items()},
        "characters": len(merged["text"]),
        "entities": [entity["text"] for entity in merged["entities"]],
        "key_phrases": [phrase["text"] for phrase in merged["key_phrases"]],
        "pii_types": sorted(entity["type"] for entity in merged["pii"]),
        "lost_parts": lost_parts,
        "result_key": result_key,
    }


def redact(merged: Mapping[str, Any]) -> dict[str, Any]:
    """`merged` with every span of PII replaced by its type, as in `[NAME]`.

    Entities and key phrases that overlap such a span are dropped. All offsets refer to the new
    text.
    """
    redaction = _Redaction(merged["text"], merged["pii"])
    return {
        **merged,
        "text": redaction.text,
        "entities": redaction.outside(merged["entities"]),
        "key_phrases": redaction.outside(merged["key_phrases"]),
        "pii": [
            {**entity, "spans": [redaction.covering(span) for span in entity["spans"]]}
            for entity in merged["pii"]
        ],
    }


class _Redaction:
    """A text with replaced spans, and the new offsets of everything else."""

    def __init__(self, text: str, pii: Iterable[Mapping[str, Any]]) -> None:
        spans = sorted(
            (span["begin"], span["end"], entity["type"])
            for entity in pii
            for span in entity["spans"]
        )
        # Old begin and end, new begin and end; spans that overlap are merged into one.
        self._replaced: list[tuple[int, int, int, int]] = []
        fragments, length, position = [], 0, 0
        for begin, end, pii_type in spans:
            if self._replaced and begin < position:
                old_begin, _, new_begin, new_end = self._replaced.pop()
                position = max(position, end)
                self._replaced.append((old_begin, position, new_begin, new_end))
                continue
            word = f"[{pii_type}]"
            fragments += [text[position:begin], word]
            length += begin - position + len(word)
            self._replaced.append((begin, end, length - len(word), length))
            position = end
        self.text = "".join([*fragments, text[position:]])
        self._begins = [begin for begin, *_ in self._replaced]

    def covering(self, span: Mapping[str, Any]) -> dict[str, Any]:
        """The span of the word that replaced `span`."""
        _, _, begin, end = self._replaced[bisect(self._begins, span["begin"]) - 1]
        return {**span, "begin": begin, "end": end}

    def outside(self, findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The findings that overlap no replaced span, with their new offsets."""
        remaining = []
        for finding in findings:
            spans = [moved for span in finding["spans"] if (moved := self._moved(span))]
            if spans:
                first = spans[0]
                text = self.text[first["begin"] : first["end"]]
                remaining.append({**finding, "text": text, "count": len(spans), "spans": spans})
        return remaining

    def _moved(self, span: Mapping[str, Any]) -> dict[str, Any] | None:
        index = bisect(self._begins, span["begin"])
        if index < len(self._begins) and self._begins[index] < span["end"]:
            return None
        shift = 0
        if index:
            _, old_end, _, new_end = self._replaced[index - 1]
            if old_end > span["begin"]:
                return None
            shift = new_end - old_end
        return {**span, "begin": span["begin"] + shift, "end": span["end"] + shift}


def _span(finding: Finding, begin: int) -> Span:
    return {
        "begin": finding["BeginOffset"] + begin,
        "end": finding["EndOffset"] + begin,
        "score": round(finding["Score"], 6),
    }


def _occurrences(text: str, spans: list[Span]) -> dict[str, Any]:
    first = spans[0]
    return {
        "text": text[first["begin"] : first["end"]],
        "count": len(spans),
        "spans": spans,
    }
