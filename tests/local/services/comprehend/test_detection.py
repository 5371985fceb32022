"""Comprehend's answers by its engines: types, offsets, languages, and what nothing can judge."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.demos.language_chain.record import findings_of_the_demo
from local.runtime.workspace import LocalError
from local.services.comprehend import detection
from local.services.comprehend.languages import languages
from local.services.comprehend.text_engine import PYTHON, TextEngine, paragraphs, recorded_findings
from local.services.quotas import Quotas
from local.services.task import Arguments, TaskError
from tools.bench import text_engines

needs_engine = pytest.mark.skipif(
    not PYTHON.exists(), reason="without .venv-text, recorded answers are tested alone"
)
TEXT = (
    "😀 Jane Miller flew with JetBlue from Newark to Boston on 9 February 2013 and paid"
    " 420 dollars.\n \nWrite to jane.miller@example.com, or call +1 212-555-0137."
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TextEngine]:
    engine = TextEngine(tmp_path_factory.mktemp("workspace"))
    yield engine
    engine.stop()


def ask(engine: TextEngine, action: str, text: str, **language: str) -> Any:
    arguments: Arguments = {"Text": text, **language}
    return detection.table(Quotas(), engine)[f"comprehend:{action}"](arguments)


def entities(engine: TextEngine, text: str, language: str = "en") -> dict[str, str]:
    """Text under the offsets -> type."""
    answer = ask(engine, "detectEntities", text, LanguageCode=language)["Entities"]
    assert all(text[e["BeginOffset"] : e["EndOffset"]] == e["Text"] for e in answer)
    assert all(0 < entity["Score"] <= 1 for entity in answer)
    return {entity["Text"]: entity["Type"] for entity in answer}


@needs_engine
def test_entities_have_comprehends_types(engine: TextEngine) -> None:
    assert entities(engine, TEXT).items() >= {
        ("Jane Miller", "PERSON"),
        ("JetBlue", "ORGANIZATION"),
        ("Boston", "LOCATION"),
        ("9 February 2013", "DATE"),
        ("420 dollars", "QUANTITY"),
    }


@needs_engine
def test_key_phrases_are_noun_phrases(engine: TextEngine) -> None:
    text = "The old harbour was full of white boats."
    answer = ask(engine, "detectKeyPhrases", text, LanguageCode="en")["KeyPhrases"]
    assert [phrase["Text"] for phrase in answer] == ["The old harbour", "white boats"]
    assert all("Type" not in phrase for phrase in answer)


@needs_engine
def test_offsets_of_personal_data_cut_the_text_and_say_no_more(engine: TextEngine) -> None:
    answer = ask(engine, "detectPiiEntities", TEXT, LanguageCode="en")["Entities"]
    locations = {(e["Type"], TEXT[e["BeginOffset"] : e["EndOffset"]]) for e in answer}
    assert locations == {
        ("NAME", "Jane Miller"),
        ("DATE_TIME", "9 February 2013"),
        ("EMAIL", "jane.miller@example.com"),
        ("PHONE", "+1 212-555-0137"),
    }
    assert all("Text" not in entity for entity in answer)


@needs_engine
def test_personal_data_in_spanish_are_found_by_their_form(engine: TextEngine) -> None:
    text = "Escriba a ana@example.com; la cuenta es ES91 2100 0418 4502 0005 1332."
    answer = ask(engine, "detectPiiEntities", text, LanguageCode="es")["Entities"]
    types = [entity["Type"] for entity in answer]
    assert types == ["EMAIL", "INTERNATIONAL_BANK_ACCOUNT_NUMBER"]


@needs_engine
def test_what_was_not_translated_is_looked_at_in_its_own_language(engine: TextEngine) -> None:
    german = "[de to en, not translated here] Das Hotel in Berlin war wunderbar. "
    french = "[fr to en, not translated here] Le train de Paris à Lyon avait du retard."
    assert entities(engine, german + french) == {"Paris": "LOCATION", "Lyon": "LOCATION"}


@needs_engine
def test_a_paragraph_has_the_same_findings_wherever_it_is(engine: TextEngine) -> None:
    alone = engine.findings("Anna lives in Rome.", "en")["entities"]
    beside = engine.findings("We went on.\n\n  Anna lives in Rome.", "en")["entities"]
    assert [(begin - 15, end - 15, *rest) for begin, end, *rest in beside] == alone


@given(st.text(alphabet="a \n\r\t", max_size=40))
def test_paragraphs_are_the_text_without_the_space_between(text: str) -> None:
    locations = list(paragraphs(text))
    assert all(text[begin:].startswith(paragraph) for begin, paragraph in locations)
    assert "".join("".join(paragraph for _, paragraph in locations).split()) == "".join(
        text.split()
    )


def test_the_german_war_is_not_the_english_one(engine: TextEngine) -> None:
    text = "[de to en, not translated here] Das Hotel in Berlin war wunderbar. Das Bett war weich."
    answer = ask(engine, "detectSentiment", text, LanguageCode="en")
    assert answer["Sentiment"] == "NEUTRAL"
    assert max(answer["SentimentScore"].values()) < 0.3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rome was wonderful. We loved every minute of it!", "POSITIVE"),
        ("The room was dirty and the food was terrible.", "NEGATIVE"),
        ("The meeting is on Monday at ten.", "NEUTRAL"),
        ("The rooms were lovely but the service was terrible.", "MIXED"),
    ],
)
def test_a_sentiment_is_the_largest_of_scores_that_sum_to_one(
    engine: TextEngine, text: str, expected: str
) -> None:
    answer = ask(engine, "detectSentiment", text, LanguageCode="en")
    assert answer["Sentiment"] == expected
    assert sum(answer["SentimentScore"].values()) == pytest.approx(1)


def test_of_a_text_in_two_languages_both_are_answered() -> None:
    german = "Das Frühstück im Hotel war großartig, und das Zimmer kostete nur achtzig Euro. "
    english = "The rooms were clean, and the people at the desk were very friendly to us."
    scores = dict(languages(german + english))
    assert set(scores) == {"de", "en"}
    assert 0.3 < scores["de"] < 0.7


@pytest.mark.parametrize(
    ("action", "text", "language", "error"),
    [
        ("detectSentiment", "x" * 5_001, "en", "TextSizeLimitExceededException"),
        ("detectEntities", "x" * 100_001, "en", "TextSizeLimitExceededException"),
        ("detectEntities", "x", "el", "UnsupportedLanguageException"),
        ("detectPiiEntities", "x", "fr", "UnsupportedLanguageException"),
    ],
)
def test_a_text_beyond_the_limits_is_refused(
    engine: TextEngine, action: str, text: str, language: str, error: str
) -> None:
    with pytest.raises(TaskError) as refusal:
        ask(engine, action, text, LanguageCode=language)
    assert refusal.value.error == f"Comprehend.{error}"


def test_an_engine_that_fails_says_where_its_reason_is(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no model >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(LocalError, match=r"text\.log says why"):
        TextEngine(tmp_path, python=python).findings("Rome", "en")
    assert (tmp_path / "logs" / "text.log").read_text() == "no model\n"


def test_chinese_is_told_by_its_characters() -> None:
    assert languages("我们明天坐火车去北京。")[0][0] == "zh"
    assert languages("我們明天坐火車去臺北。")[0][0] == "zh-TW"


def test_languages_and_sentiments_are_better_than_a_guess() -> None:
    for quality in (text_engines.languages(), text_engines.sentiments()):
        assert quality.low > quality.baseline
    assert text_engines.languages().share > 0.95
    assert text_engines.sentiments().share > 0.55


@needs_engine
@pytest.mark.parametrize(
    ("measure", "language", "least"),
    [
        (text_engines.entities, "en", 0.8),
        (text_engines.entities, "fr", 0.8),
        (text_engines.personal_data, "en", 0.8),
        (text_engines.personal_data, "es", 0.7),
    ],
)
def test_findings_are_those_of_a_person_more_often_than_the_baseline(
    engine: TextEngine,
    measure: Callable[[TextEngine, str], text_engines.Quality],
    language: str,
    least: float,
) -> None:
    quality = measure(engine, language)
    assert quality.share > least > quality.baseline


@needs_engine
def test_what_is_recorded_is_what_the_engine_finds(engine: TextEngine) -> None:
    """Else run `python -m local.demos.language_chain.record`."""
    findings = json.loads(json.dumps(dict(findings_of_the_demo(engine))))
    assert recorded_findings() == findings
