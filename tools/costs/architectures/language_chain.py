"""Costs of the language chain; `tools/bench/language.py` prices what it counts by them, too.

Left out, together below 0.2 USD for 1,000 documents: table, messages, logs, traces, storage.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from tools.assembly import Assembly
from tools.costs.declaration import (
    ArchitectureCosts,
    Candidate,
    MonthOfUse,
    ScheduledRun,
    Unit,
)
from tools.costs.lines import Charge, Line, line
from tools.costs.prices import price
from tools.costs.template_reading import gb_second_key, one, substitutions

# The workflow's own limits, in bytes of UTF-8 (AI-07, AI-08): of what is translated, judged and
# searched by one call; and how many of them a Map takes before it looks at the failures.
CHUNK_BYTES, PIECE_BYTES, SEARCHED_BYTES = 9_500, 4_900, 100_000
_WAVE = 100
_EXPRESS_GB = 64 / 1024
# Entities, key phrases, personal data.
SEARCHES = 3
_UNIT_CHARACTERS, _MINIMUM_UNITS = 100, 3
_WORKFLOW = "Chain/Workflow"


@dataclass(frozen=True)
class Assumptions:
    """What a document takes; counted in the local AWS."""

    call_seconds: Annotated[float, "seconds of a Translate or Comprehend request"]
    function_seconds: Annotated[float, "seconds of a function"]
    states: Annotated[int, "states that the workflows of a document enter, parts left out"]
    states_a_wave: Annotated[int, "further states for each hundred parts"]
    functions: Annotated[int, "invocations of functions: two split, one merges, two admit"]
    translation_growth: Annotated[float, "length of a translation relative to its source, counted"]
    characters_an_hour: Annotated[int, "characters spoken in an hour"]
    transcription_states: Annotated[int, "further states of a recording, its waiting included"]


ASSUMED = Assumptions(
    call_seconds=0.3,
    function_seconds=0.5,
    states=15,
    states_a_wave=2,
    functions=5,
    translation_growth=1.025,
    characters_an_hour=54_000,
    transcription_states=102,
)


@dataclass(frozen=True)
class Work:
    """What one document takes: counted by the benchmark, estimated from its size here."""

    transitions: float
    functions: int
    """Invocations, those that search left out."""
    translated: int
    """Chunks, each a call of Translate."""
    judged: int
    """Pieces, each a call of DetectSentiment."""
    searched: int
    """Runs of pieces, each a call of three APIs of Comprehend by one function."""

    @property
    def parts(self) -> int:
        """What is an execution of its own."""
        return self.translated + self.judged + self.searched

    @property
    def calls(self) -> int:
        """Requests to Translate and Comprehend, and one that detects the language."""
        return 1 + self.translated + self.judged + SEARCHES * self.searched


def _units(assembly: Assembly) -> Iterator[Unit]:
    for kilobytes in (2, 200):
        lines = documents(assembly, 1000, kilobytes * 1000)
        yield Unit(f"1,000 documents of {kilobytes} KB", lines)
    workflow = one(assembly, "AWS::StepFunctions::StateMachine", _WORKFLOW)
    largest = int(substitutions(workflow)["MostMebibytes"]) * 2**20
    yield Unit("a document of the largest size that is accepted", documents(assembly, 1, largest))
    yield Unit("an hour of recordings", recordings(assembly, 1))


def estimated(size: int) -> Work:
    """What a document of `size` bytes of text takes."""
    grown = size * ASSUMED.translation_growth
    translated = math.ceil(size / CHUNK_BYTES)
    judged = math.ceil(grown / PIECE_BYTES)
    # Runs end with a piece.
    searched = math.ceil(judged / (SEARCHED_BYTES // PIECE_BYTES))
    waves = math.ceil(translated / _WAVE) + math.ceil((judged + searched) / _WAVE)
    states = ASSUMED.states + ASSUMED.states_a_wave * waves
    transitions = states + translated + judged + searched
    return Work(transitions, ASSUMED.functions, translated, judged, searched)


def orchestration(work: Work, count: int, memory_gb: float, second_key: str) -> list[Charge]:
    """What AWS charges for `count` documents, its language services left out."""
    parts, invocations = count * work.parts, count * (work.functions + work.searched)
    search_seconds = SEARCHES * ASSUMED.call_seconds * work.searched
    waiting_seconds = ASSUMED.call_seconds * (work.translated + work.judged) + search_seconds
    seconds = ASSUMED.function_seconds * work.functions + search_seconds
    # A chunk is written, read, translated, written, read. A piece is read by what judges, by what
    # searches, and by what merges.
    objects_written = 2 * (work.translated + work.judged) + work.searched
    objects_read = 2 * work.translated + 4 * work.judged + work.searched
    return [
        Charge("1,000 transitions", "stepfunctions_standard_1k", count * work.transitions / 1e3),
        Charge("million parts", "stepfunctions_express_requests_million", parts / 1e6),
        Charge(
            "GB seconds of parts that wait for an answer",
            "stepfunctions_express_gb_second",
            count * waiting_seconds * _EXPRESS_GB,
        ),
        # A turn is one write; two if nobody was before it.
        Charge("million write units of turns", "dynamodb_wru_million", 2 * parts / 1e6),
        Charge("million invocations of functions", "lambda_requests_million", invocations / 1e6),
        Charge("GB seconds of functions", second_key, count * seconds * memory_gb),
        Charge("1,000 objects written", "s3_standard_put_1k", count * objects_written / 1e3),
        Charge("1,000 listings of results", "s3_standard_put_1k", 2 * count / 1e3),
        Charge("1,000 objects read", "s3_standard_get_1k", count * (objects_read + 1) / 1e3),
    ]


def services(characters: int, count: int) -> list[Charge]:
    """What Translate and Comprehend charge for `count` documents of `characters`."""
    units = max(_MINIMUM_UNITS, math.ceil(characters / _UNIT_CHARACTERS)) * count
    translated = count * characters / 1e6
    return [
        Charge("million characters translated", "translate_text_million_chars", translated),
        Charge("units of 100 characters: sentiment", "comprehend_sentiment_unit", units),
        Charge("units of 100 characters: entities", "comprehend_entities_unit", units),
        Charge("units of 100 characters: key phrases", "comprehend_key_phrases_unit", units),
        Charge("units of 100 characters: personal data", "comprehend_pii_unit", units),
    ]


def usd(charges: list[Charge]) -> float:
    """What charges add up to."""
    return sum(charge.quantity * price(charge.key).usd for charge in charges)


def documents(assembly: Assembly, count: int, size: int) -> list[Line]:
    """`count` documents of `size` characters of one byte."""
    workflow = one(assembly, "AWS::StepFunctions::StateMachine", _WORKFLOW)
    charges = _text(assembly, estimated(size), count, size)
    if substitutions(workflow)["Speak"] == "everything":
        charges.append(_speech(count * size))
    return [line(workflow, charge) for charge in charges]


def recordings(assembly: Assembly, hours: int) -> list[Line]:
    """`hours` recordings of an hour each: transcribed, then processed like any text."""
    workflow = one(assembly, "AWS::StepFunctions::StateMachine", _WORKFLOW)
    size = ASSUMED.characters_an_hour
    text = estimated(size)
    work = replace(text, transitions=text.transitions + ASSUMED.transcription_states)
    charges = [
        Charge("minutes transcribed", "transcribe_batch_minute", 60 * hours),
        *_text(assembly, work, hours, size),
    ]
    if substitutions(workflow)["Speak"] != "nothing":
        charges.append(_speech(hours * size))
    return [line(workflow, charge) for charge in charges]


def _text(assembly: Assembly, work: Work, count: int, size: int) -> list[Charge]:
    function = one(assembly, "AWS::Lambda::Function", "Read/Split")
    memory = function.properties["MemorySize"] / 1024
    return [*orchestration(work, count, memory, gb_second_key(function)), *services(size, count)]


def _speech(characters: int) -> Charge:
    return Charge("million characters read aloud", "polly_neural_million_chars", characters / 1e6)


# Every few minutes it reads the table's index for documents without progress, and counts them.
_RECONCILE = ScheduledRun(
    seconds=0.3,
    charges=(
        Charge("10,000 requests of the scheduled check to KMS", "kms_requests_10k", 3 / 1e4),
        Charge("million read units of the scheduled check", "dynamodb_rru_million", 3 / 1e6),
    ),
)

# Each hour it lists an inbox of up to a thousand versions, and looks them up in the table.
_LOOK_FOR_UPLOADS = ScheduledRun(
    seconds=0.3,
    charges=(
        Charge("1,000 listings of the inbox", "s3_standard_put_1k", 1 / 1e3),
        Charge("million read units of the hourly search", "dynamodb_rru_million", 10 / 1e6),
    ),
)

COSTS = ArchitectureCosts(
    scheduled_runs={"Intake/Sweep": _RECONCILE, "Intake/LookForUploads": _LOOK_FOR_UPLOADS},
    units=_units,
    assumptions=ASSUMED,
    month=MonthOfUse(
        {
            "1,000 documents of 2 KB": 10,
            "1,000 documents of 200 KB": 0.1,
            "an hour of recordings": 20,
        }
    ),
    candidates=(
        Candidate.of({"language_chain.speak": "recordings"}),
        Candidate.of({"language_chain.speak": "everything"}),
        # Higher concurrency at the same cost: the table shows that it is free.
        Candidate.of({"language_chain.documents_at_once": "20"}),
    ),
)
