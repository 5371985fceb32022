"""Records Whisper's answers for the demo's recordings: `python -m local.services.speech.record`.

They stand in for Whisper where it cannot be set up. Record them anew when a recording or a package
of `requirements/speech.in` changes.
"""

import json
from pathlib import Path
from typing import Any

from local.services.speech.engines import RECORDED, Engines, answer_of, recorded_name
from repository import BUILD, ROOT

AUDIO = ROOT / "local" / "demos" / "language_chain" / "audio"


def main(folder: Path) -> None:
    """Ask the engine, and write its answers."""
    engines = Engines(folder, installed=True)
    for path in sorted([*AUDIO.glob("*.opus"), *(BUILD / "recordings").glob("*.wav")]):
        request: dict[str, Any] = {"languages": [], "hotwords": {}}
        recording = path.read_bytes()
        answer = answer_of(engines.hear(recording))
        document = {"recording": path.name, **answer}
        name = recorded_name(recording, request)
        (RECORDED / name).write_text(json.dumps(document, separators=(",", ":")) + "\n")
    engines.stop()


if __name__ == "__main__":
    main(BUILD)
