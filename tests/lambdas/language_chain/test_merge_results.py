"""Merging: one finding about the whole from what was found in its pieces, offsets and all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.language_chain.merge_results.merging import Piece, merge, redact

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def found(text: str, word: str, kind: str = "PERSON") -> dict[str, Any]:
    begin = text.index(word)
    offsets = {"BeginOffset": begin, "EndOffset": begin + len(word)}
    return {"Text": word, "Type": kind, "Score": 0.9, **offsets}


def piece(text: str, positive: float = 1.0, *words: str) -> Piece:
    scores = {"Positive": positive, "Negative": 1 - positive, "Neutral": 0.0, "Mixed": 0.0}
    entities = [found(text, word) for word in words]
    said = {"SentimentScore": scores, "Entities": entities, "KeyPhrases": entities}
    return Piece(text, {**said, "PiiEntities": entities})


def test_sentiment_is_weighted_by_length() -> None:
    merged = merge([piece("long " * 9, 1.0), piece("short", 0.0)])
    assert merged["sentiment"] == "POSITIVE"
    assert merged["sentiment_score"]["positive"] == pytest.approx(0.9)
    assert merged["sentiment_score"]["negative"] == pytest.approx(0.1)


def test_the_same_entity_is_one_with_its_places_in_the_whole_text() -> None:
    merged = merge([piece("Anna is here. ", 1.0, "Anna"), piece("So is ANNA.", 1.0, "ANNA")])
    (anna,) = merged["entities"]
    assert (anna["text"], anna["count"]) == ("Anna", 2)
    spans = [merged["text"][span["begin"] : span["end"]] for span in anna["spans"]]
    assert spans == ["Anna", "ANNA"]


@given(texts=st.lists(TEXT, min_size=1, max_size=6), data=st.data())
def test_every_span_points_at_what_was_found(texts: list[str], data: st.DataObject) -> None:
    pieces = []
    for text in texts:
        begin = data.draw(st.integers(0, len(text) - 1))
        pieces.append(piece(text, 0.5, text[begin : begin + 3]))
    merged = merge(pieces)
    assert merged["text"] == "".join(texts)
    for each in merged["entities"]:
        for span in each["spans"]:
            word = merged["text"][span["begin"] : span["end"]]
            assert word.casefold() == each["text"].casefold()


def test_nothing_found_is_nothing_merged() -> None:
    merged = merge([])
    assert (merged["text"], merged["entities"], merged["pii"]) == ("", [], [])


def test_a_piece_that_nobody_could_judge_counts_for_no_mood() -> None:
    merged = merge([piece("good ", 1.0), Piece("unknown, and much longer", None)])
    assert merged["sentiment_score"]["positive"] == 1.0
    assert merged["text"] == "good unknown, and much longer"


def found_in(text: str, *spans: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "type": "T",
            "text": text[begin:end],
            "count": 1,
            "spans": [{"begin": begin, "end": end, "score": 0.9}],
        }
        for begin, end in spans
    ]


def redacted(text: str, pii: list[tuple[int, int]], others: list[tuple[int, int]]) -> Any:
    found = found_in(text, *others)
    marked = [{"type": "NAME", "spans": each["spans"]} for each in found_in(text, *pii)]
    return redact({"text": text, "pii": marked, "entities": found, "key_phrases": found})


def test_personal_data_are_replaced_by_their_kind_wherever_they_stand() -> None:
    text = "Anna wrote to Ben about Rome."
    done = redacted(text, [(0, 4), (14, 17)], [(0, 4), (14, 28), (24, 28)])
    assert done["text"] == "[NAME] wrote to [NAME] about Rome."
    # An entity that is a name, or goes over one, would tell it.
    (rome,) = done["entities"]
    assert (rome["text"], rome["count"]) == ("Rome", 1)
    (span,) = rome["spans"]
    assert done["text"][span["begin"] : span["end"]] == "Rome"
    assert done["key_phrases"] == done["entities"]
    places = [done["text"][s["begin"] : s["end"]] for each in done["pii"] for s in each["spans"]]
    assert places == ["[NAME]", "[NAME]"]


SPANS = st.lists(st.tuples(st.integers(0, 38), st.integers(1, 8)), max_size=5).map(
    lambda found: [(begin, min(40, begin + length)) for begin, length in found]
)


@given(pii=SPANS, others=SPANS)
def test_nothing_of_a_redacted_span_is_left_and_every_other_span_still_points(
    pii: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    text = "".join(chr(0x4E00 + place) for place in range(40))  # no character twice
    done = redacted(text, pii, others)
    hidden = {place for begin, end in pii for place in range(begin, end)}
    assert [c for c in done["text"] if c in text] == [
        c for place, c in enumerate(text) if place not in hidden
    ]
    kept = [one for one in others if not hidden & set(range(*one))]
    told = [
        done["text"][span["begin"] : span["end"]]
        for each in done["entities"]
        for span in each["spans"]
    ]
    assert told == [text[begin:end] for begin, end in kept]
    for each in done["pii"]:
        for span in each["spans"]:
            assert done["text"][span["begin"] : span["end"]] == "[NAME]"
