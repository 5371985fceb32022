"""The demo of the language chain: documents of many languages in, findings and rows out."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from local.demos.verification import Check
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from local.services.athena.queries import Answer, Athena
from local.services.step_functions.history import states_entered
from repository import ROOT

# Our own words, in nine languages and six scripts: the name is the language.
DOCUMENTS = ROOT / "local" / "demos" / "language_chain" / "documents"
_LONG_SENTENCES = 4_000
_BROKEN = {"archive.txt": b"PK\x03\x04 no text", "empty.txt": b"\n"}
_LATIN = "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani. " * 3
# Below it nothing starts by itself: what Transcribe would say of a recording is mocked.
_RECORDING = "collections/recordings/interview.mp3"
_TURNS = [
    {"speaker_label": "spk_0", "transcript": "Guten Tag, wie war die Reise nach Hamburg?"},
    {"speaker_label": "spk_1", "transcript": "Sie war wunderbar, danke, wir waren am Hafen."},
]
UNDERSTOOD, NOT_UNDERSTOOD = "a recording that is understood", "a recording that is not understood"


@dataclass
class Result:
    """What the demo did."""

    documents: list[dict[str, str]] = field(default_factory=list)
    found: dict[str, dict[str, Any]] = field(default_factory=dict)  # key -> its result
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    collection: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


class LanguageChainDemo:
    """Drives one deployed chain through its stack outputs and AWS APIs, as its user would."""

    def __init__(self, emulator: Emulator, outputs: dict[str, str], steps: Steps) -> None:
        self._emulator, self._outputs, self._steps = emulator, outputs, steps
        self._s3 = emulator.client("s3")

    def run(self) -> Result:
        """Upload, wait for what the uploads started, and ask."""
        result = Result()
        long = "".join(f"Sentence {number} is about Rome. " for number in range(_LONG_SENTENCES))
        texts = {file.name: file.read_text() for file in sorted(DOCUMENTS.glob("*.txt"))}
        uploads = {key: text.encode() for key, text in texts.items()}
        uploads |= {"long.txt": long.encode(), "latin.txt": _LATIN.encode(), **_BROKEN}
        with self._steps.step(f"Upload {len(uploads)} documents in {len(texts) + 1} languages"):
            for key, body in uploads.items():
                self._put(key, body)
        with self._steps.step("Wait until each is done, or has failed and says why"):
            result.documents = self._statuses(len(uploads))
        for row in result.documents:
            if row["status"] == "done":
                result.found[row["key"]] = self._read(row["result_key"])
        with self._steps.step("Hear and speak: two recordings, Transcribe and Polly mocked"):
            for case in (UNDERSTOOD, NOT_UNDERSTOOD):
                result.recordings[case] = self.recording(case)
        with self._steps.step("Translate a collection as one asynchronous job"):
            result.collection = self.collection(texts)
        with self._steps.step("Query with Athena"):
            athena = Athena(self._emulator, self._outputs)
            names = ("mood_by_language", "common_entities")
            result.answers = [athena.ask("language_chain", name) for name in names]
        with self._steps.step("Compare with what was uploaded"):
            result.checks = [*self._checks(result, texts, long), *_more_checks(result, texts)]
        return result

    def _statuses(self, count: int) -> list[dict[str, str]]:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            items = self._emulator.client("dynamodb").scan(
                TableName=self._outputs["DocumentsTableName"]
            )["Items"]
            rows = [
                {name: next(iter(value.values())) for name, value in item.items()}
                for item in items
                if "received_at" in item
            ]
            if len(rows) == count and all(row["status"] in ("done", "failed") for row in rows):
                return sorted(rows, key=lambda row: row["key"])
            time.sleep(0.5)
        raise LocalError("not every document came to an end within five minutes")

    def recording(self, case: str) -> dict[str, Any]:
        """The end of an execution in which Transcribe and Polly answer as a mocked case has it."""
        document_id = case.replace(" ", "-")
        self._put(_RECORDING, b"ID3")
        transcripts = [{"transcript": " ".join(turn["transcript"] for turn in _TURNS)}]
        said = {"results": {"transcripts": transcripts, "audio_segments": _TURNS}}
        self._s3.put_object(
            Bucket=self._outputs["ResultsBucketName"],
            Key=f"work/{document_id}/transcript.json",
            Body=json.dumps(said).encode(),
        )
        source = {"bucket": self._outputs["InputBucketName"], "key": _RECORDING, "version_id": ""}
        given = {"document_id": document_id, "attempt": 1, "source": source, "date": "2026-11-20"}
        return self._execute(f"{self._outputs['StateMachineArn']}#{case}", given)

    def collection(self, texts: dict[str, str]) -> dict[str, Any]:
        """The end of an execution that translates `texts` (name -> text) as one job."""
        for key, text in texts.items():
            self._put(f"collections/letters/{key}", text.encode())
        return self._execute(self._outputs["CollectionsArn"], {"collection": "letters"})

    def _execute(self, machine: str, given: dict[str, Any]) -> dict[str, Any]:
        states = self._emulator.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps(given))[
            "executionArn"
        ]
        while (told := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.2)
        ended = json.loads(told.get("output") or "{}")
        entered = states_entered(states, arn)
        return {**ended, "status": told["status"], "states": entered, **_failure(told)}

    def _checks(self, result: Result, texts: dict[str, str], long: str) -> list[Check]:
        known = {row["key"]: row for row in result.documents}
        failed = sorted(row["key"] for row in known.values() if row["status"] == "failed")
        languages = {key: key.removesuffix(".txt") for key in texts}
        (by_language, _) = (answer.rows for answer in result.answers)
        whole = {key: result.found[key]["text"].endswith(text) for key, text in texts.items()}
        found = result.found["long.txt"]
        spans = [
            (each["text"], found["text"][span["begin"] : span["end"]])
            for each in found["entities"]
            for span in each["spans"]
        ]
        said = {
            (row["key"], "UnsupportedLanguagePair" in row.get("reason", ""))
            for row in known.values()
        }
        return [
            Check("documents done", len(texts) + 1, len(result.found)),
            Check(
                "documents failed, each with its reason", sorted([*_BROKEN, "latin.txt"]), failed
            ),
            Check(
                "Latin is a language that Translate does not know",
                True,
                ("latin.txt", True) in said,
            ),
            Check(
                "languages as they are",
                languages,
                {key: known[key].get("source_language") for key in languages},
            ),
            Check("texts that lost something on the way", 0, list(whole.values()).count(False)),
            Check(
                "the long text, in a Distributed Map, is whole again", True, found["text"] == long
            ),
            Check("spans that point at other words", 0, sum(a != b for a, b in spans)),
            # One row more is that of the recording.
            Check(
                "rows that Athena sees", len(result.found) + 1, int(by_language["documents"].sum())
            ),
            Check(
                "personal data found in English",
                ["EMAIL"],
                [each["type"] for each in result.found["en.txt"]["pii"]],
            ),
        ]

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._outputs["InputBucketName"], Key=key, Body=body)

    def _read(self, key: str) -> dict[str, Any]:
        body = self._s3.get_object(Bucket=self._outputs["ResultsBucketName"], Key=key)["Body"]
        found: dict[str, Any] = json.loads(body.read())
        return found


def _more_checks(result: Result, texts: dict[str, str]) -> list[Check]:
    heard, unheard = result.recordings[UNDERSTOOD], result.recordings[NOT_UNDERSTOOD]
    looks = {
        state: heard["states"].count(state)
        for state in ("Look at the transcription", "Look at the speech")
    }
    return [
        Check("a recording is heard, translated and spoken", "SUCCEEDED", heard["status"]),
        Check("looks at it until it was done", dict.fromkeys(looks, 3), looks),
        Check("one that is not understood fails", "TranscriptionFailed", unheard.get("error")),
        Check("texts of the collection translated", len(texts), result.collection.get("documents")),
    ]


def _failure(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("error", "cause") if told.get(name)}
