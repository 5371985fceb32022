"""The language chain: how fast it cuts and merges, and what a document takes of Step Functions.

The yardstick of cutting is a bare pass that cuts blindly after so many bytes; that of merging is
one that only joins the pieces and reads off what was found. What a document takes is counted in the
embedded AWS, and priced beside the naive design: a function for each service and chunk, one after
the other.
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
from tools.costs.language_work import PIECE_BYTES, Work, orchestration, services, usd
from tools.costs.lines import Charge

MEGABYTES = 5
DOCUMENTS = 200
_MEMORY_GB, _SECOND_KEY = 1769 / 1024, "lambda_arm64_gb_second"
_CALLS_A_PIECE = 5  # translate, sentiment, entities, key phrases, PII


@dataclass(frozen=True)
class Speed:
    """MB of UTF-8 a second, on one core."""

    split: float
    split_without_spaces: float  # Japanese: no place at which a look at the characters can stop
    bare_split: float
    merge: float
    bare_merge: float


@dataclass(frozen=True)
class Document:
    """What one document took, counted; and what a thousand would cost, in USD."""

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
class Sandbox:
    """What was seen in the embedded AWS."""

    documents: list[Document]
    seconds_for_many: float


def speed() -> Speed:
    """Cut and merge texts of five megabytes; two hundred things found in each piece."""
    german = _repeated("Der Zug nach Köln fährt um 7.30 Uhr vom Gleis 4 ab, sagte Anna Müller. ")
    japanese = _repeated("ケルン行きの列車は七時半に四番線から出ると言っていました。")
    pieces = list(chunks(german, PIECE_BYTES))
    at = {"BeginOffset": 0, "EndOffset": 3, "Score": 0.9}
    scores = {"Positive": 0.1, "Negative": 0.1, "Neutral": 0.8, "Mixed": 0.0}
    found = [{"Text": f"T{n}", "Type": "OTHER", **at} for n in range(100)]
    said = {"SentimentScore": scores, "Entities": found, "KeyPhrases": found}
    analysed = [Piece(each, said) for each in pieces]
    megabytes = len(german.encode()) / 1e6
    return Speed(
        split=megabytes / _best(lambda: list(chunks(german, PIECE_BYTES))),
        split_without_spaces=len(japanese.encode())
        / 1e6
        / _best(lambda: list(chunks(japanese, PIECE_BYTES))),
        bare_split=megabytes / _best(lambda: _blindly(german)),
        merge=megabytes / _best(lambda: merge(analysed)),
        bare_merge=megabytes / _best(lambda: _joined(analysed)),
    )


def _repeated(sentence: str) -> str:
    return sentence * (MEGABYTES * 1_000_000 // len(sentence.encode()))


def _blindly(text: str) -> list[str]:
    body = text.encode()
    places = range(0, len(body), PIECE_BYTES)
    return [body[at : at + PIECE_BYTES].decode(errors="ignore") for at in places]


def _joined(pieces: list[Piece]) -> tuple[str, list[str]]:
    found = [
        each["Text"]
        for piece in pieces
        if piece.findings
        for kind in ("Entities", "KeyPhrases")
        for each in piece.findings[kind]
    ]
    return "".join(piece.text for piece in pieces), found


def sandbox(folder: Path) -> Sandbox:
    """Deploy the chain, send a small and a large document through it, and then many at once."""
    workspace = Workspace(folder)
    try:
        deployed = local_aws.start(workspace, ["language-chain"])
        running, outputs = deployed.emulator, deployed.outputs["LanguageChain"]
        documents = [_document(running, outputs, kilobytes) for kilobytes in (2, 200)]
        return Sandbox(documents, _many(running, outputs))
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

    def count(kind: str) -> int:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{work}/{kind}/")
        return int(found["KeyCount"])

    translated, analysed = count("translated"), count("findings")
    parts = translated + analysed
    # Splits and merge, and the intake twice: as it comes and as it goes.
    functions = sum(name.startswith(("Split for", "Merge")) for name in entered) + 2
    transitions = len(entered) + parts
    calls = analysed * _CALLS_A_PIECE
    # Each call a function, a choice to go on a chunk, and five states around it all.
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
                # A function waits for the service, and is paid for waiting.
                Charge("GB seconds", _SECOND_KEY, 1000 * calls * ASSUMED.call_seconds * _MEMORY_GB),
            ]
        ),
        # Text that grows by its mark is billed as it was sent.
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
    """Until so many documents are done. Raises RuntimeError if one fails."""
    dynamodb = running.client("dynamodb")
    while True:
        pages = dynamodb.get_paginator("scan").paginate(TableName=outputs["DocumentsTableName"])
        items = [item for page in pages for item in page["Items"] if "key" in item]
        found = [each["status"]["S"] for each in items if each["key"]["S"].startswith(prefix)]
        if "failed" in found:
            raise RuntimeError(f"a document failed: {items}")
        if found.count("done") == count:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    print(json.dumps(speed().__dict__))
