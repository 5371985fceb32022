"""Without the engine, the demo's texts have the findings that were recorded, and others none."""

import json
from pathlib import Path

import pytest

from local.demos.language_chain.library import texts
from local.demos.language_chain.record import findings_of_the_demo
from local.services.comprehend.text_engine import PYTHON, TextEngine, recorded_findings

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


@pytest.mark.skipif(not PYTHON.exists(), reason="needs .venv-text, which is what is recorded")
def test_what_is_recorded_is_what_the_engine_finds(tmp_path: Path) -> None:
    """Else run `python -m local.demos.language_chain.record`."""
    engine = TextEngine(tmp_path)
    findings = dict(findings_of_the_demo(engine))
    engine.stop()
    assert recorded_findings() == json.loads(json.dumps(findings))
