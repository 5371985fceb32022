"""Merging: the findings of the pieces become those of the whole text, with its offsets."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.language_chain.merge_results.merging import Passage, Piece, merge, redact

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def finding(text: str, word: str, entity_type: str = "PERSON") -> dict[str, Any]:
    begin = text.index(word)
    offsets = {"BeginOffset": begin, "EndOffset": begin + len(word)}
    return {"Text": word, "Type": entity_type, "Score": 0.9, **offsets}


def piece(text: str, positive: float = 1.0, *words: str) -> Passage:
    """A passage of one piece."""
    scores = {"Positive": positive, "Negative": 1 - positive, "Neutral": 0.0, "Mixed": 0.0}
    entities = [finding(text, word) for word in words]
    findings = {"Entities": entities, "KeyPhrases": entities, "PiiEntities": entities}
    return Passage([Piece(text, scores)], findings)


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
def test_every_span_points_at_its_words(texts: list[str], data: st.DataObject) -> None:
    pieces = []
    for text in texts:
        begin = data.draw(st.integers(0, len(text) - 1))
        pieces.append(piece(text, 0.5, text[begin : begin + 3]))
    merged = merge(pieces)
    assert merged["text"] == "".join(texts)
    for entity in merged["entities"]:
        for span in entity["spans"]:
            word = merged["text"][span["begin"] : span["end"]]
            assert word.casefold() == entity["text"].casefold()


def test_no_findings_are_merged_into_none() -> None:
    merged = merge([])
    assert (merged["text"], merged["entities"], merged["pii"]) == ("", [], [])


def test_a_piece_that_was_not_analysed_does_not_count_for_the_sentiment() -> None:
    merged = merge([piece("good ", 1.0), Passage([Piece("unknown, and much longer", None)], None)])
    assert merged["sentiment_score"]["positive"] == 1.0
    assert merged["text"] == "good unknown, and much longer"


def test_what_spans_two_pieces_is_found_and_redacted_whole() -> None:
    pieces = [Piece("Write to Anna ", None), Piece("Schmidt today.", None)]
    text = "".join(part.text for part in pieces)
    name = finding(text, "Anna Schmidt", "NAME")
    answers = {"Entities": [], "KeyPhrases": [name], "PiiEntities": [name]}
    merged = merge([piece("Hello. "), Passage(pieces, answers)])
    (phrase,) = merged["key_phrases"]
    assert phrase["text"] == "Anna Schmidt"
    redacted_text = redact(merged)["text"]
    assert redacted_text == "Hello. Write to [NAME] today."


def test_the_sentiment_of_what_was_not_analysed_is_unknown() -> None:
    assert merge([Passage([Piece("not analysed", None)], None)])["sentiment"] == "UNKNOWN"


def merged_findings(text: str, *spans: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "type": "T",
            "text": text[begin:end],
            "count": 1,
            "spans": [{"begin": begin, "end": end, "score": 0.9}],
        }
        for begin, end in spans
    ]


def redacted(text: str, pii: list[tuple[int, int]], entities: list[tuple[int, int]]) -> Any:
    findings = merged_findings(text, *entities)
    names = [{"type": "NAME", "spans": finding["spans"]} for finding in merged_findings(text, *pii)]
    return redact({"text": text, "pii": names, "entities": findings, "key_phrases": findings})


def words(result: Any, findings: str) -> list[str]:
    """The text under every span of the findings."""
    return [
        result["text"][span["begin"] : span["end"]]
        for finding in result[findings]
        for span in finding["spans"]
    ]


def test_personal_data_is_replaced_by_its_type_wherever_it_occurs() -> None:
    text = "Anna wrote to Ben about Rome."
    result = redacted(text, [(0, 4), (14, 17)], [(0, 4), (14, 28), (24, 28)])
    assert result["text"] == "[NAME] wrote to [NAME] about Rome."
    # An entity that is a name, or overlaps one, would reveal it.
    (rome,) = result["entities"]
    assert (rome["text"], rome["count"]) == ("Rome", 1)
    assert words(result, "entities") == ["Rome"]
    assert result["key_phrases"] == result["entities"]
    assert words(result, "pii") == ["[NAME]", "[NAME]"]


SPANS = st.lists(st.tuples(st.integers(0, 38), st.integers(1, 8)), max_size=5).map(
    lambda spans: [(begin, min(40, begin + length)) for begin, length in spans]
)


@given(pii=SPANS, entities=SPANS)
def test_nothing_of_a_redacted_span_is_left_and_every_other_span_still_points(
    pii: list[tuple[int, int]], entities: list[tuple[int, int]]
) -> None:
    text = "".join(chr(0x4E00 + index) for index in range(40))  # no character twice
    result = redacted(text, pii, entities)
    hidden = {index for begin, end in pii for index in range(begin, end)}
    assert [character for character in result["text"] if character in text] == [
        character for index, character in enumerate(text) if index not in hidden
    ]
    visible = [span for span in entities if not hidden & set(range(*span))]
    assert words(result, "entities") == [text[begin:end] for begin, end in visible]
    assert set(words(result, "pii")) <= {"[NAME]"}
