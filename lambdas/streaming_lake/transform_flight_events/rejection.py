"""Why a line was not accepted, in one word of a closed set and in one sentence."""

import base64
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from .envelope import Source

Reason = Literal[
    "empty_line",
    "not_utf8",
    "not_json",
    "too_deep",
    "missing_field",
    "wrong_type",
    "unknown_airport",
    "out_of_range",
    "invalid_value",
]
REASONS: tuple[Reason, ...] = get_args(Reason)

# How msgspec's sentences begin: their ends may quote the line.
_SENTENCES: list[tuple[re.Pattern[str], Reason]] = [
    (re.compile(r"Object missing required field "), "missing_field"),
    (re.compile(r"Expected `[^`]+`, got `"), "wrong_type"),
    (re.compile(r"Invalid enum value "), "unknown_airport"),
    (re.compile(r"Expected `(int|float)` [<>]|(\w+|Integer value) out of range"), "out_of_range"),
]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One line that was not accepted; `number` counts from 1 within its record."""

    number: int
    line: bytes
    reason: Reason
    detail: str


def reason_for(error: Exception) -> Reason:
    """The word for what a decoder raised."""
    if isinstance(error, UnicodeDecodeError):
        return "not_utf8"
    if isinstance(error, RecursionError):
        return "too_deep"
    if not isinstance(error, msgspec.ValidationError):
        return "not_json"
    sentence = str(error)
    reasons = (reason for pattern, reason in _SENTENCES if pattern.match(sentence))
    return next(reasons, "invalid_value")


def as_json_lines(rejections: list[Rejection], source: Source) -> bytes:
    """The object that keeps a record's rejected lines, byte for byte, with where they came from."""
    return msgspec.json.Encoder().encode_lines(
        [_explained(rejection, source) for rejection in rejections]
    )


def _explained(rejection: Rejection, source: Source) -> dict[str, Any]:
    return {
        "reason": rejection.reason,
        "detail": rejection.detail,
        "line_number": rejection.number,
        **_quoted(rejection),
        "shard_id": source.shard_id,
        "sequence_number": source.sequence_number,
        "partition_key": source.partition_key,
        "arrived_at": source.arrived_at,
    }


def _quoted(rejection: Rejection) -> dict[str, str]:
    if rejection.reason == "not_utf8":
        return {"line_base64": base64.b64encode(rejection.line).decode()}
    return {"line": rejection.line.decode()}
