"""The demo of the language chain: documents of many languages in, findings and rows out."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from sandbox.athena import Answer, Athena
from sandbox.emulator import Emulator
from sandbox.progress import Steps
from sandbox.report import checks_table
from sandbox.verification import Check
from sandbox.workspace import ROOT, SandboxError

# Our own words, in nine languages and six scripts: the name is the language.
DOCUMENTS = ROOT / "sandbox" / "documents"
_LONG_SENTENCES = 3_000
_BROKEN = {"archive.txt": b"PK\x03\x04 no text", "empty.txt": b"\n"}


@dataclass
class Result:
    """What the demo did."""

    documents: list[dict[str, str]] = field(default_factory=list)
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
        uploads |= {"long.txt": long.encode(), **_BROKEN}
        with self._steps.step(f"Upload {len(uploads)} documents in {len(texts)} languages"):
            for key, body in uploads.items():
                self._s3.put_object(Bucket=self._outputs["InputBucketName"], Key=key, Body=body)
        with self._steps.step("Wait until each is done, or has failed and says why"):
            result.documents = self._statuses(len(uploads))
        with self._steps.step("Query with Athena"):
            athena = Athena(self._emulator, self._outputs)
            names = ("mood_by_language", "common_entities")
            result.answers = [athena.ask("language_chain", name) for name in names]
        with self._steps.step("Compare with what was uploaded"):
            result.checks = self._checks(result, texts, long)
        return result

    def _statuses(self, count: int) -> list[dict[str, str]]:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            items = self._emulator.client("dynamodb").scan(
                TableName=self._outputs["DocumentsTableName"]
            )["Items"]
            rows = [{name: next(iter(v.values())) for name, v in item.items()} for item in items]
            if len(rows) == count and all(row["status"] in ("done", "failed") for row in rows):
                return sorted(rows, key=lambda row: row["key"])
            time.sleep(0.3)
        raise SandboxError("not every document came to an end within three minutes")

    def _checks(self, result: Result, texts: dict[str, str], long: str) -> list[Check]:
        known = {row["key"]: row for row in result.documents}
        done = {key: row for key, row in known.items() if row["status"] == "done"}
        found = {key: self._read(row["result_key"]) for key, row in done.items()}
        languages = {key: key.removesuffix(".txt") for key in texts}
        (by_language, _) = (answer.rows for answer in result.answers)
        whole = {key: found[key]["text"].endswith(text) for key, text in texts.items()}
        spans = [
            (each["text"], found["long.txt"]["text"][span["begin"] : span["end"]])
            for each in found["long.txt"]["entities"]
            for span in each["spans"]
        ]
        return [
            Check("documents done", len(texts) + 1, len(done)),
            Check("documents failed, each with its reason", len(_BROKEN), len(known) - len(done)),
            Check(
                "languages as they are",
                languages,
                {key: known[key].get("source_language") for key in languages},
            ),
            Check("texts that lost something on the way", 0, list(whole.values()).count(False)),
            Check("the long text is whole again", True, found["long.txt"]["text"] == long),
            Check("spans that point at other words", 0, sum(a != b for a, b in spans)),
            Check("rows that Athena sees", len(done), int(by_language["documents"].sum())),
            Check(
                "personal data found in English",
                ["EMAIL"],
                [each["type"] for each in found["en.txt"]["pii"]],
            ),
        ]

    def _read(self, key: str) -> dict[str, Any]:
        body = self._s3.get_object(Bucket=self._outputs["ResultsBucketName"], Key=key)["Body"]
        found: dict[str, Any] = json.loads(body.read())
        return found


def print_report(console: Console, result: Result) -> None:
    """The checks, the documents, and what Athena says."""
    console.print(checks_table(result.checks))
    documents = Table(title="Documents", title_justify="left")
    for heading in ("key", "status", "language", "reason"):
        documents.add_column(heading, overflow="fold")
    for row in result.documents:
        known = (row["key"], row["status"], row.get("source_language", ""), row.get("reason", ""))
        documents.add_row(*known)
    console.print(documents)
    for answer in result.answers:
        console.print(_table(answer.question, answer.rows.head(10)))
    console.print(
        "Translations are marked and not made here: Translate and Comprehend are stood for by"
        " their limits, their errors and packaged libraries.",
        highlight=False,
    )


def _table(title: str, rows: pd.DataFrame) -> Table:
    table = Table(title=title, title_justify="left")
    for column in rows.columns:
        table.add_column(str(column).replace("_", " "))
    for row in rows.itertuples(index=False):
        table.add_row(*(str(value) for value in row))
    return table
