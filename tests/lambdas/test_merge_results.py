"""Merging: one finding about the whole from what was found in its pieces, offsets and all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge_results.merging import Piece, merge, redacted

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


def test_personal_data_are_replaced_by_their_kind_even_where_they_overlap() -> None:
    spans = [{"begin": 9, "end": 13}, {"begin": 10, "end": 12}]
    pii = [{"type": "NAME", "spans": spans}, {"type": "AGE", "spans": [{"begin": 0, "end": 2}]}]
    assert redacted("33 years Anna!", pii) == "[AGE] years [NAME]!"
