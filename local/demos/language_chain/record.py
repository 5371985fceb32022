"""Record what the engine finds in the demo's texts, for machines that cannot have the engine.

python -m local.demos.language_chain.record
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.demos.language_chain.library import texts
from local.services.comprehend.text_engine import (
    RECORDED,
    Findings,
    TextEngine,
    paragraphs,
    recording_key,
)

_LANGUAGES = ("en", "fr")


def findings_of_the_demo(engine: TextEngine) -> Iterator[tuple[str, Findings]]:
    """Key of each paragraph in a language of the engine -> what it finds there."""
    for text in texts().values():
        if text.language in _LANGUAGES:
            for _, paragraph in paragraphs(text.text):
                key = recording_key(paragraph, text.language)
                yield key, engine.findings(paragraph, text.language)


if __name__ == "__main__":
    engine = TextEngine(Path(tempfile.mkdtemp()))
    recorded = sorted(findings_of_the_demo(engine), key=lambda row: row[0])
    engine.stop()
    rows = (json.dumps({"paragraph": key, **findings}) for key, findings in recorded)
    RECORDED.write_text("".join(f"{row}\n" for row in rows))
