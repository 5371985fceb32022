"""Without the engine, the demo's texts have the findings that were recorded, and others none."""

from pathlib import Path

import pytest

from local.demos.language_chain.library import texts
from local.services.comprehend.text_engine import TextEngine

NOTHING: dict[str, list[object]] = {"entities": [], "key_phrases": [], "pii": []}


@pytest.fixture
def without(tmp_path: Path) -> TextEngine:
    return TextEngine(tmp_path, python=tmp_path / "nowhere")


def test_a_text_of_the_demo_has_its_recorded_findings(without: TextEngine) -> None:
    text = texts()["en-letter.txt"]
    findings = without.findings(f"One more line.\n\n{text.text}", "en")["pii"]
    whole = f"One more line.\n\n{text.text}"
    assert {(whole[begin:end], kind) for begin, end, kind, _ in findings} >= {*text.pii.items()}


def test_nothing_is_invented_for_another_text(without: TextEngine) -> None:
    assert without.is_recorded
    assert without.findings("Anna lives in Rome.", "en") == NOTHING
    assert without.findings(texts()["en-letter.txt"].text, "fr") == NOTHING
