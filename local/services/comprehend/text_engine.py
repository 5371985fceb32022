"""The engine behind Comprehend's entities, key phrases and personal data, or its recorded answers.

The engine is a process in `.venv-text` (`local/services/comprehend/text_worker.py`): started by the
first question, ended with the process that asks. Where `.venv-text` could not be set up, because a
package has vanished, answers come from `recorded_findings.jsonl`; what it lacks has no findings.
"""

import json
import os
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from local.runtime.workspace import LocalError
from repository import ROOT

Finding = tuple[int, int, str, float]
"""Begin and end (exclusive) in code points, type of Comprehend or empty, score."""
Findings = Mapping[str, list[Finding]]
"""Findings by kind: `entities`, `key_phrases`, `pii`."""

PYTHON = ROOT / ".venv-text" / "bin" / "python"
RECORDED = Path(__file__).with_name("recorded_findings.jsonl")
_PROGRAM = Path(__file__).with_name("text_worker.py")
_KINDS = ("entities", "key_phrases", "pii")
_PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n\s*")
# Three actions ask about the same text, one after the other.
_KEPT_PARAGRAPHS = 2_000


class TextEngine:
    """Findings in a text, paragraph by paragraph: what surrounds a paragraph changes nothing."""

    def __init__(self, folder: Path, *, python: Path = PYTHON) -> None:
        """`folder` is the workspace's, `python` that of the engine's environment."""
        self._log, self._python = folder / "logs" / "text.log", python
        self._worker: subprocess.Popen[str] | None = None
        self._recorded: dict[str, Findings] = {}
        self._kept: OrderedDict[tuple[str, str], Findings] = OrderedDict()
        self._asking = threading.Lock()

    @property
    def is_recorded(self) -> bool:
        """Whether there is no engine, and answers are recorded ones."""
        return not self._python.exists()

    def findings(self, text: str, language: str) -> Findings:
        """What is in `text`, with offsets in it. Raises LocalError if the engine fails."""
        places = list(paragraphs(text))
        with self._asking:
            answers = self._answers([paragraph for _, paragraph in places], language)
        return {
            kind: [
                (begin + start, end + start, finding_type, score)
                for (start, _), answer in zip(places, answers, strict=True)
                for begin, end, finding_type, score in answer[kind]
            ]
            for kind in _KINDS
        }

    def stop(self) -> None:
        """End the engine. In a local AWS it ends with the task server, whose pipe it reads."""
        if self._worker:
            self._worker.communicate()
            self._worker = None

    def _answers(self, texts: list[str], language: str) -> list[Findings]:
        unknown = [text for text in dict.fromkeys(texts) if (language, text) not in self._kept]
        new = dict(zip(unknown, self._ask(unknown, language), strict=True)) if unknown else {}
        answers = [new.get(text) or self._kept[language, text] for text in texts]
        self._kept |= {(language, text): answer for text, answer in new.items()}
        while len(self._kept) > _KEPT_PARAGRAPHS:
            self._kept.popitem(last=False)
        return answers

    def _ask(self, texts: list[str], language: str) -> list[Findings]:
        if self.is_recorded:
            self._recorded = self._recorded or recorded_findings()
            nothing: Findings = {kind: [] for kind in _KINDS}
            return [self._recorded.get(recording_key(text, language), nothing) for text in texts]
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._start()
        answers: list[Findings] = self._exchange({"language": language, "paragraphs": texts})
        return answers

    def _start(self) -> subprocess.Popen[str]:
        variable_names = ("PATH", "PYTHONPYCACHEPREFIX")
        variables = {name: os.environ[name] for name in variable_names if name in os.environ}
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 -- our own command
                [self._python, _PROGRAM],
                # One thread: the machine has more to do, and matrices of small models are small.
                env={**variables, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )

    def _exchange(self, question: dict[str, Any]) -> Any:
        worker = self._worker
        line = ""
        if worker and worker.stdin and worker.stdout:
            with suppress(BrokenPipeError):
                worker.stdin.write(json.dumps(question) + "\n")
                worker.stdin.flush()
                line = worker.stdout.readline()
        if not line:
            raise LocalError(
                f"The engine behind Comprehend has ended; {self._log} says why. To set it up anew,"
                " delete .build/text.stamp, and run the command again."
            )
        return json.loads(line)


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Begin and text of each paragraph, without the white space around it."""
    begin = 0
    for end, following in [
        *((m.start(), m.end()) for m in _PARAGRAPH_END.finditer(text)),
        (len(text),) * 2,
    ]:
        paragraph = text[begin:end]
        if stripped := paragraph.strip():
            yield begin + paragraph.index(stripped), stripped
        begin = following


def recorded_findings() -> dict[str, Findings]:
    """Key of each recorded paragraph -> its findings."""
    rows = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    return {row.pop("paragraph"): row for row in rows}


def recording_key(paragraph: str, language: str) -> str:
    """Under which `recorded_findings.jsonl` has the findings of a paragraph."""
    return sha256(f"{language} {paragraph}".encode()).hexdigest()[:32]
