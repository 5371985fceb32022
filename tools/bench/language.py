"""The language chain: the throughput of split and merge, and what a document takes.

Split is compared with cutting after a fixed number of bytes; merge with joining the pieces and
listing their findings. What a document takes is counted in the local AWS, and priced beside the
naive design: a function for each service and chunk, in sequence.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.language_chain.merge_results.merging import Piece, merge
from lambdas.language_chain.split_document.chunks import chunks
from local import local_aws
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from local.services.step_functions.history import states_entered
from repository import ROOT
from tools.costs.architectures.language_chain import (
    ASSUMED,
    PIECE_BYTES,
    Work,
    orchestration,
    services,
    usd,
)
from tools.costs.lines import Charge

MEGABYTES = 5
DOCUMENTS = 200
_MEMORY_GB, _SECOND_KEY = 1769 / 1024, "lambda_arm64_gb_second"
_CALLS_A_PIECE = 5  # translate, sentiment, entities, key phrases, PII


@dataclass(frozen=True)
class Speed:
    """MB of UTF-8 a second, on one core."""

    split: float
    split_without_spaces: float  # Japanese, which has no spaces to split at
    bare_split: float
    merge: float
    bare_merge: float


@dataclass(frozen=True)
class Document:
    """What one document takes, counted; and what a thousand cost, in USD."""

    kilobytes: int
    transitions: int
    functions: int
    parts: int
    orchestration_usd: float
    naive_transitions: int
    naive_functions: int
    naive_usd: float
    services_usd: float


@dataclass(frozen=True)
class Counted:
    """What was counted in the local AWS."""

    documents: list[Document]
    seconds_for_many: float


def speed() -> Speed:
    """Split and merge texts of five megabytes; two hundred findings in each piece."""
    german = _repeated("Der Zug nach Köln fährt um 7.30 Uhr vom Gleis 4 ab, sagte Anna Müller. ")
    japanese = _repeated("ケルン行きの列車は七時半に四番線から出ると言っていました。")
    pieces = list(chunks(german, PIECE_BYTES))
    position = {"BeginOffset": 0, "EndOffset": 3, "Score": 0.9}
    scores = {"Positive": 0.1, "Negative": 0.1, "Neutral": 0.8, "Mixed": 0.0}
    findings = [{"Text": f"T{n}", "Type": "OTHER", **position} for n in range(100)]
    answers = {"SentimentScore": scores, "Entities": findings, "KeyPhrases": findings}
    analysed = [Piece(text, answers) for text in pieces]
    megabytes = len(german.encode()) / 1e6
    return Speed(
        split=megabytes / _best(lambda: list(chunks(german, PIECE_BYTES))),
        split_without_spaces=len(japanese.encode())
        / 1e6
        / _best(lambda: list(chunks(japanese, PIECE_BYTES))),
        bare_split=megabytes / _best(lambda: _at_fixed_lengths(german)),
        merge=megabytes / _best(lambda: merge(analysed)),
        bare_merge=megabytes / _best(lambda: _joined(analysed)),
    )


def _repeated(sentence: str) -> str:
    return sentence * (MEGABYTES * 1_000_000 // len(sentence.encode()))


def _at_fixed_lengths(text: str) -> list[str]:
    body = text.encode()
    starts = range(0, len(body), PIECE_BYTES)
    return [body[start : start + PIECE_BYTES].decode(errors="ignore") for start in starts]


def _joined(pieces: list[Piece]) -> tuple[str, list[str]]:
    texts = [
        finding["Text"]
        for piece in pieces
        if piece.findings
        for kind in ("Entities", "KeyPhrases")
        for finding in piece.findings[kind]
    ]
    return "".join(piece.text for piece in pieces), texts


def count(folder: Path) -> Counted:
    """Deploy the chain, and upload a small document, a large one, and then many at once."""
    workspace = Workspace(folder)
    try:
        deployed = local_aws.start(workspace, ["language-chain"])
        running, outputs = deployed.emulator, deployed.outputs["LanguageChain"]
        documents = [_document(running, outputs, kilobytes) for kilobytes in (2, 200)]
        return Counted(documents, _many(running, outputs))
    finally:
        stop(workspace)


def _best(run: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _document(running: Emulator, outputs: dict[str, str], kilobytes: int) -> Document:
    german = (ROOT / "local" / "demos" / "language_chain" / "documents" / "de.txt").read_text()
    text = (german * (kilobytes * 1000 // len(german.encode()) + 1))[: kilobytes * 1000]
    _upload(running, outputs, f"{kilobytes}.txt", text)
    _wait(running, outputs, 1, prefix=f"{kilobytes}.txt")
    states = running.client("stepfunctions")
    arn = states.list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"][0][
        "executionArn"
    ]
    entered = states_entered(states, arn)
    s3 = running.client("s3")
    bucket, work = outputs["ResultsBucketName"], f"work/{arn.rpartition(':')[2].rpartition('-')[0]}"

    def objects(kind: str) -> int:
        listing = s3.list_objects_v2(Bucket=bucket, Prefix=f"{work}/{kind}/")
        return int(listing["KeyCount"])

    translated, analysed = objects("translated"), objects("findings")
    parts = translated + analysed
    # Split, merge, and intake at the start and at the end.
    functions = sum(name.startswith(("Split for", "Merge")) for name in entered) + 2
    transitions = len(entered) + parts
    calls = analysed * _CALLS_A_PIECE
    # A function a request, a choice a chunk, and five states besides.
    naive_transitions = calls + analysed + 5
    return Document(
        kilobytes=kilobytes,
        transitions=transitions,
        functions=functions,
        parts=parts,
        orchestration_usd=usd(
            orchestration(
                Work(transitions, functions, translated, analysed), 1000, _MEMORY_GB, _SECOND_KEY
            )
        ),
        naive_transitions=naive_transitions,
        naive_functions=calls,
        naive_usd=usd(
            [
                Charge("transitions", "stepfunctions_standard_1k", naive_transitions),
                Charge("calls", "lambda_requests_million", calls / 1e3),
                # The function is billed while it waits for the service.
                Charge("GB seconds", _SECOND_KEY, 1000 * calls * ASSUMED.call_seconds * _MEMORY_GB),
            ]
        ),
        # Translate bills the text that it receives.
        services_usd=usd(services(len(text), 1000)),
    )


def _many(running: Emulator, outputs: dict[str, str]) -> float:
    text = "Paris was wonderful. We loved the Louvre! Write to anna@example.com about it."
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: _upload(running, outputs, f"many/{n}.txt", text), range(DOCUMENTS)))
    _wait(running, outputs, DOCUMENTS, prefix="many/")
    return time.monotonic() - started


def _upload(running: Emulator, outputs: dict[str, str], key: str, text: str) -> None:
    running.client("s3").put_object(Bucket=outputs["InputBucketName"], Key=key, Body=text.encode())


def _wait(running: Emulator, outputs: dict[str, str], count: int, *, prefix: str) -> None:
    """Wait until `count` documents are done. Raises RuntimeError if one fails."""
    dynamodb = running.client("dynamodb")
    while True:
        pages = dynamodb.get_paginator("scan").paginate(TableName=outputs["DocumentsTableName"])
        items = [item for page in pages for item in page["Items"] if "key" in item]
        statuses = [item["status"]["S"] for item in items if item["key"]["S"].startswith(prefix)]
        if "failed" in statuses:
            raise RuntimeError(f"a document failed: {items}")
        if statuses.count("done") == count:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    print(json.dumps(speed().__dict__))
