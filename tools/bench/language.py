"""The language chain: the throughput of split and merge, and what a document takes.

Split is compared with cutting after a fixed number of bytes; merge with joining the pieces and
listing their findings. What documents of 2 and 200 KB take is counted in the local AWS; what larger
ones and recordings take is computed by the same estimate, which the counted ones agree with
(`tests/tools/costs`). Beside them stand the naive design, in which one workflow of a document asks
every API about every 5 KB and each request is a state, and the design of one call for each API and
4.9 KB that was before this one.
"""

import json
import math
import random
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from lambdas.language_chain.merge_results.merging import Passage, Piece, merge
from lambdas.language_chain.split_document.chunks import chunks
from local import local_aws
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from local.services.step_functions.history import states_entered
from repository import ROOT
from tools.costs.architectures.language_chain import (
    ASSUMED,
    CHUNK_BYTES,
    PIECE_BYTES,
    SEARCHED_BYTES,
    Work,
    estimated,
    orchestration,
    services,
    usd,
)
from tools.costs.lines import Charge

MEGABYTES = 5
DOCUMENTS = 200
_MEMORY_GB, _SECOND_KEY = 1769 / 1024, "lambda_arm64_gb_second"
_CALLS_A_PIECE = 5  # translate, sentiment, entities, key phrases, PII
_NAIVE_BYTES = 5_000
# A recording of fifty minutes.
_RECORDINGS, _MINUTES = 20, 50
# States of a document in the design before, and for each part besides.
_BEFORE_STATES, _BEFORE_ANALYSES = 19, 4
# The bound that many documents at once are held to, small enough that they always reach it here.
BOUND = 2


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
    services_usd: float


@dataclass(frozen=True)
class Design:
    """What a thousand documents, or as many recordings, take: calls, transitions, and USD."""

    calls: int
    transitions: int
    usd: float
    """Translate, Comprehend and Transcribe left out, which cost the same in every design."""


@dataclass(frozen=True)
class Compared:
    """The three designs on the same work."""

    name: str
    title: str
    ours: Design
    before: Design
    naive: Design


@dataclass(frozen=True)
class Rate:
    """Calls of one API while many documents wait for it."""

    calls: int
    a_second: float
    most_in_a_second: int
    throttled: int


@dataclass(frozen=True)
class Counted:
    """What was counted in the local AWS."""

    documents: list[Document]
    seconds_for_many: float
    rate: Rate


def speed() -> Speed:
    """Split and merge texts of five megabytes; two hundred findings in each piece."""
    german = _repeated("Der Zug nach Köln fährt um 7.30 Uhr vom Gleis 4 ab, sagte Anna Müller. ")
    japanese = _repeated("ケルン行きの列車は七時半に四番線から出ると言っていました。")
    pieces = list(chunks(german, PIECE_BYTES))
    position = {"BeginOffset": 0, "EndOffset": 3, "Score": 0.9}
    scores = {"Positive": 0.1, "Negative": 0.1, "Neutral": 0.8, "Mixed": 0.0}
    findings = [{"Text": f"T{n}", "Type": "OTHER", **position} for n in range(100)]
    together = SEARCHED_BYTES // PIECE_BYTES
    answers = dict.fromkeys(("Entities", "KeyPhrases"), findings * together)
    analysed = [
        Passage([Piece(text, scores) for text in pieces[first : first + together]], answers)
        for first in range(0, len(pieces), together)
    ]
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


def _joined(passages: list[Passage]) -> tuple[str, list[str]]:
    texts = [
        finding["Text"]
        for passage in passages
        if passage.findings
        for kind in ("Entities", "KeyPhrases")
        for finding in passage.findings[kind]
    ]
    return "".join(piece.text for passage in passages for piece in passage.pieces), texts


def compared() -> Iterator[Compared]:
    """A thousand documents of three sizes, and a thousand minutes of recordings; computed."""
    for name, size in (("2kb", 2_000), ("200kb", 200_000), ("5mb", 5_000_000)):
        title = f"1,000 documents of {name[:-2]} {name[-2:].upper()}"
        yield _compare(name, title, 1_000, size, states=0)
    spoken = ASSUMED.characters_an_hour * _MINUTES // 60
    title = f"{_RECORDINGS * _MINUTES:,} minutes in {_RECORDINGS} recordings"
    states = ASSUMED.transcription_states
    yield _compare("audio", title, _RECORDINGS, spoken, states=states)


def _compare(name: str, title: str, count: int, size: int, *, states: int) -> Compared:
    work = estimated(size)
    ours = Design(
        count * work.calls,
        round(count * (work.transitions + states)),
        usd(orchestration(work, count, _MEMORY_GB, _SECOND_KEY)) + _transitions_usd(count * states),
    )
    return Compared(
        name,
        title,
        ours,
        _before(count, size, states),
        naive(count, size, states),
    )


def _before(count: int, size: int, states: int) -> Design:
    """Every piece of 4.9 KB asked four times, each part an Express execution."""
    translated = math.ceil(size / CHUNK_BYTES)
    analysed = math.ceil(size * ASSUMED.translation_growth / PIECE_BYTES)
    parts = translated + analysed
    # As many calls and objects; what turns and searches take is none of it.
    charges = orchestration(
        Work(_BEFORE_STATES + states + parts, ASSUMED.functions, translated, analysed, 0),
        count,
        _MEMORY_GB,
        _SECOND_KEY,
    )
    waited = Charge(
        "GB seconds",
        "stepfunctions_express_gb_second",
        count * (_BEFORE_ANALYSES - 1) * analysed * ASSUMED.call_seconds * 64 / 1024,
    )
    without_turns = [charge for charge in charges if charge.key != "dynamodb_wru_million"]
    calls = 1 + translated + _BEFORE_ANALYSES * analysed
    transitions = _BEFORE_STATES + states + parts
    return Design(count * calls, count * transitions, usd([*without_turns, waited]))


def naive(count: int, size: int, states: int = 0) -> Design:
    """A Standard workflow for a document, a state for each request, and five around them.

    `size` is that of a document in bytes; `states` are further ones for each.
    """
    calls = 1 + _CALLS_A_PIECE * math.ceil(size / _NAIVE_BYTES)
    transitions = calls + 5 + states
    return Design(count * calls, count * transitions, _transitions_usd(count * transitions))


def _transitions_usd(transitions: float) -> float:
    return usd([Charge("transitions", "stepfunctions_standard_1k", transitions / 1e3)])


def count(folder: Path) -> Counted:
    """Deploy the chain, and upload a small document, a large one, and then many at once."""
    workspace = Workspace(folder)
    try:
        deployed = local_aws.start(workspace, ["language-chain"])
        running, outputs = deployed.emulator, deployed.outputs["LanguageChain"]
        documents = [_document(running, outputs, kilobytes) for kilobytes in (2, 200)]
        seconds_for_many = _many(running, outputs, "many/")
    finally:
        stop(workspace)
    return Counted(documents, seconds_for_many, _bounded(folder / "bounded"))


def _bounded(folder: Path) -> Rate:
    """Many documents at once, and an account whose quota they always reach."""
    workspace = Workspace(folder)
    rates = {
        f"language_chain.{api}_calls_a_second": f"{BOUND}"
        for api in ("translate", "sentiment", "search")
    }
    try:
        deployed = local_aws.start(workspace, ["language-chain"], rates)
        running, outputs = deployed.emulator, deployed.outputs["LanguageChain"]
        _configure_quotas(running, calls_a_second=BOUND)
        # Two pieces each.
        _many(running, outputs, "bounded/", times=100)
        counted = _configure_quotas(running)
    finally:
        stop(workspace)
    seconds = sorted(counted["calls"]["detectSentiment"])
    # The first and the last documents leave the bound unused.
    edge = len(seconds) // 10
    inner = seconds[edge : len(seconds) - edge]
    return Rate(
        calls=len(seconds),
        a_second=(len(inner) - 1) / (inner[-1] - inner[0]),
        most_in_a_second=max(
            sum(begin <= second < begin + 1 for second in seconds) for begin in seconds
        ),
        throttled=counted["throttled"],
    )


@dataclass(frozen=True)
class Throttled:
    """Shares of calls, by how a service may count a second."""

    by_bucket: float
    """A bucket of one second's calls, refilled all the time."""
    by_sliding_second: float
    most_in_a_second: int


def simulated(bound: int, most_late_seconds: float, seconds: int = 600) -> Throttled:
    """Calls by turns, all waiting: at the full second after a turn, late by chance."""
    late = random.Random(1)  # noqa: S311 -- no secret
    turns = (turn / (0.95 * bound) for turn in range(int(0.95 * bound * seconds)))
    calls = sorted(math.ceil(turn) + late.uniform(0, most_late_seconds) for turn in turns)
    answered: deque[float] = deque()
    tokens, refilled_at, by_bucket, by_second = float(bound), 0.0, 0, 0
    for call in calls:
        tokens, refilled_at = min(bound, tokens + bound * (call - refilled_at)), call
        by_bucket += tokens < 1
        tokens -= tokens >= 1
        while answered and call - answered[0] > 1:
            answered.popleft()
        if len(answered) < bound:
            answered.append(call)
        else:
            by_second += 1
    return Throttled(
        by_bucket / len(calls),
        by_second / len(calls),
        max(bisect_left(calls, call + 1) - place for place, call in enumerate(calls)),
    )


def _configure_quotas(running: Emulator, **settings: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{running.tasks_port}/quotas"
    counted: dict[str, Any] = requests.post(url, json=settings, timeout=60).json()
    return counted


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

    # Below `findings/` lie the answers about pieces, and as `first-last` those about runs.
    translated, judged = objects("translated"), objects("pieces")
    searched = objects("findings") - judged
    parts = translated + judged + searched
    # Split, merge, and intake at the start and at the end.
    functions = sum(name.startswith(("Split for", "Merge")) for name in entered) + 2
    transitions = len(entered) + parts
    counted_work = Work(transitions, functions, translated, judged, searched)
    return Document(
        kilobytes=kilobytes,
        transitions=transitions,
        functions=functions,
        parts=parts,
        orchestration_usd=usd(orchestration(counted_work, 1000, _MEMORY_GB, _SECOND_KEY)),
        # Translate bills the text that it receives.
        services_usd=usd(services(len(text), 1000)),
    )


def _many(running: Emulator, outputs: dict[str, str], prefix: str, times: int = 1) -> float:
    """Seconds until all are done; each is a short text, `times` repeated."""
    text = "Paris was wonderful. We loved the Louvre! Write to anna@example.com about it. "
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: _upload(running, outputs, f"{prefix}{n}.txt", text * times),
                range(DOCUMENTS),
            )
        )
    _wait(running, outputs, DOCUMENTS, prefix=prefix)
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
