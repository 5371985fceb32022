"""The demo of the language chain: documents in many languages in, results and rows out."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from local.demos.demo import Context, Option
from local.demos.executions import execute
from local.demos.language_chain.checks import (
    LATIN,
    NOT_UNDERSTOOD,
    UNDERSTOOD,
    Result,
    compare,
)
from local.demos.language_chain.office import files
from local.demos.report import Report
from local.runtime.deployment import Outputs
from local.runtime.progress import Step
from local.runtime.workspace import LocalError
from local.services.athena.queries import Athena
from local.services.step_functions.history import states_entered
from repository import ROOT

# Texts of our own in nine languages and six scripts: the name is the language.
DOCUMENTS = ROOT / "local" / "demos" / "language_chain" / "documents"
_LONG_SENTENCES = 4_000
_BROKEN = {"archive.txt": b"PK\x03\x04 no text", "empty.txt": b"\n"}
_LATIN_TEXT = (
    "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani. " * 3
)
# No upload below this prefix starts an execution: the demo starts it.
_RECORDING = "collections/recordings/interview.mp3"
# What the files begin with: an MP3, and something that is no recording.
_RECORDINGS = {UNDERSTOOD: b"ID3", NOT_UNDERSTOOD: b"no recording"}
_DOCUMENTS_SECONDS = 300


class LanguageChainDemo:
    """Sends documents, recordings and a collection through one deployed chain."""

    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, context: Context) -> None:
        self._emulator, self._steps = context.emulator, context.steps
        self._outputs = context.outputs["LanguageChain"]
        self._s3 = context.emulator.client("s3")

    @classmethod
    def first_commands(cls, outputs: Outputs) -> list[str]:
        """Upload a document."""
        bucket, document = outputs["LanguageChain"]["InputBucketName"], DOCUMENTS / "de.txt"
        return [f"aws s3 cp {document.relative_to(ROOT)} s3://{bucket}/"]

    def run(self) -> Report:
        """Upload documents, wait for their results, run recordings and a collection, query."""
        sentences = (f"Sentence {number} is about Rome. " for number in range(_LONG_SENTENCES))
        long_text = "".join(sentences)
        texts = {path.name: path.read_text() for path in sorted(DOCUMENTS.glob("*.txt"))}
        office = {key: text for key, (_, text) in files().items()}
        result = Result(texts, long_text, broken=[*_BROKEN, LATIN], office=office)
        uploads = {key: text.encode() for key, text in texts.items()}
        uploads |= {key: body for key, (body, _) in files().items()}
        uploads |= {"long.txt": long_text.encode(), LATIN: _LATIN_TEXT.encode(), **_BROKEN}
        with self._steps.step(f"Upload {len(uploads)} documents in {len(texts) + 1} languages"):
            for key, body in uploads.items():
                self._put(key, body)
        with self._steps.step("Wait until each is done or has failed") as step:
            result.documents = self._wait_for(len(uploads), step)
        for row in result.documents:
            if row["status"] == "done":
                result.results[row["key"]] = self._read(row["result_key"])
        with self._steps.step("Transcribe and speak two recordings (by stand-ins)"):
            for case in (UNDERSTOOD, NOT_UNDERSTOOD):
                result.recordings[case] = self.recording(case)
        with self._steps.step("Translate a collection as one asynchronous job"):
            result.collection = self.collection(texts)
        with self._steps.step("Query with Athena"):
            athena = Athena(self._emulator, self._outputs)
            names = ("mood_by_language", "common_entities")
            result.answers = [athena.ask("language_chain", name) for name in names]
        return self._report(result)

    def recording(self, case: str) -> dict[str, Any]:
        """An execution for a recording that Transcribe understands, or not."""
        # Transcribe takes a job's name once.
        document_id = f"{case.replace(' ', '-')}-{uuid.uuid4().hex[:8]}"
        self._put(_RECORDING, _RECORDINGS[case])
        source = {"bucket": self._outputs["InputBucketName"], "key": _RECORDING, "version_id": ""}
        execution_input = {
            "document_id": document_id,
            "attempt": 1,
            "source": source,
            "date": "2026-11-20",
            "media_format": "mp3",
        }
        return self._execute(self._outputs["StateMachineArn"], execution_input)

    def collection(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """An execution that translates `texts` (name -> text) as one job."""
        for key, text in texts.items():
            self._put(f"collections/letters/{key}", text.encode())
        return self._execute(self._outputs["CollectionsArn"], {"collection": "letters"})

    def _report(self, result: Result) -> Report:
        checks = compare(result)
        counts = {
            status: sum(row["status"] == status for row in result.documents)
            for status in ("done", "failed")
        }
        entities = sum(len(document["entities"]) for document in result.results.values())
        return Report(
            title="Language chain",
            lead="Texts are marked as translated, not translated: Translate and Comprehend are"
            " stand-ins with the documented limits and errors, and packaged libraries detect"
            " language and sentiment. Transcribe always hears the same words, and Polly writes no"
            " speech.",
            checks=checks,
            figures=[
                f"{counts['done']} documents done, {counts['failed']} failed with a reason",
                f"{len(result.texts)} languages detected, {entities} entities located",
                f"{len(result.office)} files of an office read: a table, a letter in Word and in"
                " PDF, an e-mail, a page",
                f"{len(result.long_text):,} characters split, analysed and merged again",
                f"{result.collection['documents']} documents translated as one job",
                "translations are marked, not made; the transcript and the speech are made up",
            ],
            template="language_chain/report.html.j2",
            values={"result": result},
        )

    def _wait_for(self, count: int, step: Step) -> list[dict[str, str]]:
        """The rows of the status table, once `count` documents are done or have failed."""
        deadline = time.monotonic() + _DOCUMENTS_SECONDS
        dynamodb = self._emulator.client("dynamodb")
        while time.monotonic() < deadline:
            items = dynamodb.scan(TableName=self._outputs["DocumentsTableName"])["Items"]
            rows = [
                {name: next(iter(value.values())) for name, value in item.items()}
                for item in items
                if "received_at" in item
            ]
            ended = [row for row in rows if row["status"] in ("done", "failed")]
            step.detail = f"{len(ended)} of {count}"
            if len(rows) == len(ended) == count:
                return sorted(rows, key=lambda row: row["key"])
            time.sleep(0.3)
        raise LocalError(f"Not every document has ended within {_DOCUMENTS_SECONDS} s.")

    def _execute(self, machine: str, execution_input: dict[str, Any]) -> dict[str, Any]:
        """An execution's output, status, error and cause, and the states that it entered."""
        step_functions = self._emulator.client("stepfunctions")
        execution = execute(step_functions, machine, execution_input)
        entered = states_entered(step_functions, execution["executionArn"])
        output = json.loads(execution.get("output") or "{}")
        failure = {name: execution[name] for name in ("error", "cause") if execution.get(name)}
        return {**output, "status": execution["status"], "states": entered, **failure}

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._outputs["InputBucketName"], Key=key, Body=body)

    def _read(self, key: str) -> dict[str, Any]:
        body = self._s3.get_object(Bucket=self._outputs["ResultsBucketName"], Key=key)["Body"]
        result: dict[str, Any] = json.loads(body.read())
        return result
