"""The language chain's units of work, as `tools/bench/language.py` counts and prices them, too.

Left out, together below 0.2 USD for 1,000 documents: the table, messages, logs, traces, storage.
"""

import math
from dataclasses import dataclass, replace

from tools.assembly import Templates
from tools.costs.assumptions import CHAIN
from tools.costs.lines import Charge, Line, line
from tools.costs.prices import price
from tools.costs.template_reading import gb_second_key, machine, one

# The workflow's own limits, in bytes of UTF-8 (AI-07, AI-08).
CHUNK_BYTES, PIECE_BYTES = 9_500, 4_900
_EXPRESS_GB = 64 / 1024
# Sentiment, entities, key phrases, personal data.
_ANALYSES = 4
_UNIT_CHARACTERS, _LEAST_UNITS = 100, 3


@dataclass(frozen=True)
class Work:
    """What one document takes: counted by the benchmark, reckoned by its size here."""

    transitions: float
    functions: int
    translated: int
    analysed: int

    @property
    def parts(self) -> int:
        """Chunks to translate and pieces to analyse, each an execution of its own."""
        return self.translated + self.analysed


def reckoned(size: int) -> Work:
    """What a document of so many bytes of text takes."""
    translated = math.ceil(size / CHUNK_BYTES)
    analysed = math.ceil(size * CHAIN.translation_growth / PIECE_BYTES)
    parts = translated + analysed
    return Work(CHAIN.states + parts, CHAIN.functions, translated, analysed)


def orchestration(work: Work, documents: int, memory_gb: float, second_key: str) -> list[Charge]:
    """What AWS charges for everything but its language services."""
    parts, calls = documents * work.parts, documents * work.functions
    waited = CHAIN.call_seconds * (work.translated + _ANALYSES * work.analysed)
    busy = CHAIN.function_seconds * memory_gb
    # A part is written, read, written; what comes of it is read, with a piece's text.
    read = documents * (2 * work.translated + 3 * work.analysed)
    return [
        Charge(
            "1,000 transitions", "stepfunctions_standard_1k", documents * work.transitions / 1e3
        ),
        Charge("million parts", "stepfunctions_express_requests_million", parts / 1e6),
        Charge(
            "GB seconds of parts that wait",
            "stepfunctions_express_gb_second",
            documents * waited * _EXPRESS_GB,
        ),
        Charge("million calls of functions", "lambda_requests_million", calls / 1e6),
        Charge("GB seconds of functions", second_key, calls * busy),
        Charge("1,000 objects written", "s3_standard_put_1k", 2 * parts / 1e3),
        Charge("1,000 objects read", "s3_standard_get_1k", read / 1e3),
    ]


def services(characters: int, documents: int) -> list[Charge]:
    """What Translate and Comprehend charge for documents of so many characters."""
    units = max(_LEAST_UNITS, math.ceil(characters / _UNIT_CHARACTERS)) * documents
    translated = documents * characters / 1e6
    return [
        Charge("million characters translated", "translate_text_million_chars", translated),
        Charge("units of 100 characters: sentiment", "comprehend_sentiment_unit", units),
        Charge("units of 100 characters: entities", "comprehend_entities_unit", units),
        Charge("units of 100 characters: key phrases", "comprehend_key_phrases_unit", units),
        Charge("units of 100 characters: personal data", "comprehend_pii_unit", units),
    ]


def usd(charges: list[Charge]) -> float:
    """What some charges come to."""
    return sum(each.quantity * price(each.key).usd for each in charges)


def documents(templates: Templates, count: int, size: int) -> list[Line]:
    """So many documents of `size` characters of one byte."""
    workflow, blanks = machine(templates, "ReadArn")
    charges = _through(templates, reckoned(size), count, size)
    if blanks["Speak"] == "everything":
        charges.append(_read_aloud(count * size))
    return [line(workflow.stack, workflow.path, each) for each in charges]


def recordings(templates: Templates, hours: int) -> list[Line]:
    """So many recordings of an hour each: transcribed, and then as any text."""
    workflow, blanks = machine(templates, "ReadArn")
    size = CHAIN.characters_an_hour
    text = reckoned(size)
    work = replace(text, transitions=text.transitions + CHAIN.transcription_states)
    charges = [
        Charge("minutes transcribed", "transcribe_batch_minute", 60 * hours),
        *_through(templates, work, hours, size),
    ]
    if blanks["Speak"] != "nothing":
        charges.append(_read_aloud(hours * size))
    return [line(workflow.stack, workflow.path, each) for each in charges]


def _through(templates: Templates, work: Work, count: int, size: int) -> list[Charge]:
    function = one(templates, "AWS::Lambda::Function", "Read/Split")
    memory = function.properties["MemorySize"] / 1024
    return [*orchestration(work, count, memory, gb_second_key(function)), *services(size, count)]


def _read_aloud(characters: int) -> Charge:
    key = "polly_neural_million_chars"
    return Charge("million characters read aloud", key, characters / 1e6, "language_chain.speak")
