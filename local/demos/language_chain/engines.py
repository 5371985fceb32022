"""Which engine has answered for which service, as the report says it."""

from local.services.comprehend.text_engine import TextEngine
from local.services.translate import apertium


def engines(text_engine: TextEngine, *, heard: bool) -> dict[str, str]:
    """Service -> what has answered for it; `heard`: whether the engines of speech are there."""
    findings = (
        "recorded answers, because .venv-text could not be set up; none for other texts"
        if text_engine.is_recorded
        else "spaCy in English and French, and Presidio; nothing in other languages"
    )
    return {
        "Comprehend: entities, key phrases, personal data": findings,
        "Comprehend: languages": "py3langid, sentence by sentence",
        "Comprehend: sentiment": "VADER in English; unknown in other languages",
        "Translate": "Apertium for es-en; a mark for other languages"
        if apertium.is_there()
        else "nothing: texts are marked",
        "Transcribe": "Whisper base" if heard else "recorded answers of Whisper base",
        "Polly": "piper in English, espeak in other languages" if heard else "silence",
    }
