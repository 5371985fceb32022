"""The demo of the language chain: documents in many languages in, results and rows out."""

import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from local.demos.demo import Context, Option
from local.demos.executions import execute
from local.demos.language_chain.checks import (
    HEARD_AGAIN,
    LATIN,
    NOT_UNDERSTOOD,
    READ_ALOUD,
    UNDERSTOOD,
    Result,
    compare,
    heard_by,
    word_error_figure,
)
from local.demos.language_chain.engines import engines
from local.demos.language_chain.library import DOCUMENTS, texts
from local.demos.language_chain.office import files
from local.demos.language_chain.recordings import FLIGHT, RECORDINGS
from local.demos.report import Report
from local.runtime.deployment import Outputs
from local.runtime.progress import Step
from local.runtime.workspace import LocalError
from local.services.athena.queries import Athena
from local.services.comprehend.detection import findings
from local.services.comprehend.text_engine import TextEngine
from local.services.s3.objects import list_keys
from local.services.speech.engines import are_installed
from local.services.step_functions.history import states_entered
from repository import ROOT

_LONG_SENTENCES = 3_600
_BROKEN = {"archive.txt": b"PK\x03\x04 no text", "empty.txt": b"\n"}
_LATIN_TEXT = (
    "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani. " * 3
)
# No upload below this prefix starts an execution: the demo starts it.
_RECORDINGS = "collections/recordings/"
_DOCUMENTS_SECONDS = 300
# What the chain has analysed in one piece: an engine finds the same in it once more.
_ONE_PIECE_BYTES = 4_800


class LanguageChainDemo:
    """Sends documents, recordings and a collection through one deployed chain."""

    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, context: Context) -> None:
        self._emulator, self._steps = context.emulator, context.steps
        self._workspace = context.workspace
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
        library = texts()
        office = {key: text for key, (_, text) in files().items()}
        result = Result(library, long_text, broken=[*_BROKEN, LATIN], office=office)
        uploads = {key: text.body for key, text in library.items()}
        uploads |= {key: body for key, (body, _) in files().items()}
        uploads |= {"long.txt": long_text.encode(), LATIN: _LATIN_TEXT.encode(), **_BROKEN}
        languages = {text.language for text in library.values()}
        with self._steps.step(f"Upload {len(uploads)} documents in {len(languages)} languages"):
            for key, body in uploads.items():
                self._put(key, body)
        with self._steps.step("Wait until each is done or has failed") as step:
            result.documents = self._wait_for(len(uploads), step)
        for row in result.documents:
            if row["status"] == "done":
                result.results[row["key"]] = self._read(row["result_key"])
        with self._steps.step("Transcribe recordings, and speak their texts"):
            self._run_recordings(result)
        with self._steps.step("Translate a collection as one asynchronous job"):
            short = {path.name: path.read_text() for path in DOCUMENTS.glob("*.txt")}
            result.collection = self.collection(short)
        with self._steps.step("Query with Athena"):
            athena = Athena(self._emulator, self._outputs)
            names = ("mood_by_language", "common_entities", "names_by_document")
            result.answers = [athena.ask("language_chain", name) for name in names]
        with self._steps.step("Ask the engines once more, outside of the workflow"):
            engine = TextEngine(self._workspace.folder)
            result.found_again = {
                key: list(findings(engine, document["text"], "en", "entities"))
                for key, document in result.results.items()
                if len(document["text"].encode()) <= _ONE_PIECE_BYTES
            }
            engine.stop()
            result.engines = engines(engine, heard=result.heard)
        return self._report(result)

    def recording(
        self, case: str, body: bytes | None = None, name: str = "interview.ogg"
    ) -> dict[str, Any]:
        """An execution for a recording that Transcribe understands, or not.

        By default, it is a short one, which `NOT_UNDERSTOOD` alone is not.
        """
        # Transcribe takes a job's name once.
        document_id = f"{re.sub(r'[^a-z]+', '-', case.lower())}-{uuid.uuid4().hex[:8]}"
        default = b"no recording" if case == NOT_UNDERSTOOD else FLIGHT.read_bytes()
        key = f"{_RECORDINGS}{name}"
        self._put(key, default if body is None else body)
        source = {"bucket": self._outputs["InputBucketName"], "key": key, "version_id": ""}
        execution_input = {
            "document_id": document_id,
            "attempt": 1,
            "source": source,
            "date": "2026-11-20",
            "media_format": name.rpartition(".")[2],
        }
        execution = self._execute(self._outputs["StateMachineArn"], execution_input)
        bucket, prefix = self._outputs["ResultsBucketName"], f"work/{document_id}/transcript/"
        # Beside the object by which Transcribe tried to write there.
        keys = [key for key in list_keys(self._s3, bucket, prefix) if key.endswith(".json")]
        return {**execution, "transcript": "".join(keys)}

    def _run_recordings(self, result: Result) -> None:
        """Each recording, its transcript, and what Polly made of the short one, heard again."""
        result.heard = are_installed()
        for case in (UNDERSTOOD, NOT_UNDERSTOOD):
            result.recordings[case] = self.recording(case)
        for name in ("two_cities", "beckett"):
            path = RECORDINGS / f"{name}.wav"
            if path.exists():
                case = READ_ALOUD[name]
                result.recordings[case] = self.recording(case, path.read_bytes(), path.name)
        understood = result.recordings[UNDERSTOOD]
        if result.heard and understood["status"] == "SUCCEEDED":
            key = understood["speech"].partition(f"/{self._outputs['ResultsBucketName']}/")[2]
            bucket = self._outputs["ResultsBucketName"]
            speech = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            result.recordings[HEARD_AGAIN] = self.recording(HEARD_AGAIN, speech, "speech.mp3")
        for case, execution in result.recordings.items():
            if execution["status"] == "SUCCEEDED":
                result.transcripts[case] = self._read(execution["transcript"])["results"]

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
            lead="Transcribe, Polly, Translate and Comprehend are stand-ins with the documented"
            " limits and errors, and answers of the engines below. What nothing here translates is"
            " marked, and analysed in its own language where an engine knows it."
            f" {heard_by(result)}",
            checks=checks,
            figures=[
                f"{counts['done']} documents done, {counts['failed']} failed with a reason",
                f"{len({text.language for text in result.texts.values()})} languages detected,"
                f" {entities} entities located",
                f"{len(result.office)} files of an office read: a table, a letter in Word and in"
                " PDF, an e-mail, a page",
                f"{len(result.long_text):,} characters split, analysed and merged again",
                f"{result.collection['documents']} documents translated as one job",
                f"{sum(document['translated'] for document in result.results.values())} documents"
                " translated",
                word_error_figure(result),
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
