"""Translate by Apertium, whose programs a folder stands in for, and without it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

from local.runtime.workspace import LocalError
from local.services.quotas import Quotas
from local.services.translate import apertium, text_translation

# Spanish, and the English of a person. Our own sentences.
REFERENCES = Path(__file__).with_name("references.tsv")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages unpacked, with a mode that writes capitals; a path that a shell would split."""
    tmp_path = tmp_path / "Anna's packages"
    modes, programs = tmp_path / "usr/share/apertium/modes", tmp_path / "usr/bin"
    modes.mkdir(parents=True)
    programs.mkdir()
    for name in ("apertium-destxt", "apertium-retxt"):
        (programs / name).write_text("#!/bin/sh\nexec cat\n")
        (programs / name).chmod(0o755)
    (tmp_path / "usr/share/apertium/letters").write_text("abc")
    (modes / "spa-eng.mode").write_text("tr \"$(cat '/usr/share/apertium/letters')\" ABC")
    monkeypatch.setenv("APERTIUM", str(tmp_path))
    return tmp_path


def translate(text: str, source: str, target: str) -> Any:
    stand_in = text_translation.table(Quotas())["translate:translateText"]
    return stand_in({"Text": text, "SourceLanguageCode": source, "TargetLanguageCode": target})


def test_apertium_translates_a_pair_that_it_has(folder: Path) -> None:
    answer = translate("la cabaña", "es", "en")
    assert answer["TranslatedText"] == "lA CABAñA"
    assert (answer["SourceLanguageCode"], answer["TargetLanguageCode"]) == ("es", "en")


def test_another_pair_is_marked_and_stays_in_its_language(folder: Path) -> None:
    answer = translate("Das Hotel", "de", "en")
    assert answer["TranslatedText"] == "[de to en, not translated here] Das Hotel"
    assert answer["TargetLanguageCode"] == "de"


def test_a_failure_of_apertium_is_no_translation(folder: Path) -> None:
    (folder / "usr/share/apertium/modes/spa-eng.mode").write_text("echo no data >&2; false")
    with pytest.raises(LocalError, match="Apertium failed: no data"):
        translate("la casa", "es", "en")


def test_apertium_has_a_time_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "usr/share/apertium/modes/spa-eng.mode").write_text("sleep 5")
    monkeypatch.setattr(apertium, "_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(LocalError, match="longer than"):
        translate("la casa", "es", "en")


@pytest.mark.skipif(
    not shutil.which("apertium"), reason="needs Debian's apertium and apertium-eng-spa installed"
)
def test_apertiums_english_is_near_that_of_a_person() -> None:
    rows = [line.split("\t") for line in REFERENCES.read_text().splitlines()]
    translated = [translate(spanish, "es", "en")["TranslatedText"] for spanish, _ in rows]
    chrf = sacrebleu.corpus_chrf(translated, [[english for _, english in rows]]).score
    untranslated = sacrebleu.corpus_chrf([row[0] for row in rows], [[row[1] for row in rows]]).score
    assert chrf > 55 > untranslated
