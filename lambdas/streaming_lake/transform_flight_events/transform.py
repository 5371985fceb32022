"""One record's bytes in; its good lines, ready for the lake, and its bad lines, explained, out."""

from dataclasses import dataclass

import msgspec

from .flight_event import (
    FlightEvent,
    decode_all,
    decode_one,
    encode_all,
    normalise,
    times_are_plain,
)
from .rejection import Rejection, reason_for

_BAD_LINE = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Transformed:
    """What became of a record: `output` holds its `accepted` good lines, `rejected` the others."""

    output: bytes
    accepted: int
    rejected: list[Rejection]


def transform(data: bytes, arrived_at: str) -> Transformed:
    """Decode, check and normalise every line; a bad line leaves its neighbours alone."""
    lines = split(data)
    try:
        # msgspec does not look at the bytes of a property it skips. Valid as a whole means valid
        # line by line, as no UTF-8 character holds the byte of a newline.
        if not data.isascii():
            data.decode()
        if not times_are_plain(data):
            return _one_by_one(lines, arrived_at)
        events = decode_all(lines)
    except _BAD_LINE:
        return _one_by_one(lines, arrived_at)
    return Transformed(encode_all(events, arrived_at), len(events), [])


def split(data: bytes) -> list[bytes]:
    """The lines of a record: a final newline ends the last one, and there is always one."""
    lines = data.split(b"\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines


def _one_by_one(lines: list[bytes], arrived_at: str) -> Transformed:
    events: list[FlightEvent] = []
    rejected: list[Rejection] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip(b" \t\r"):
            rejected.append(Rejection(number, line, "empty_line", "The line is empty"))
            continue
        try:
            line.decode()
            event = decode_one(line)
            normalise(event)
        except _BAD_LINE as error:
            rejected.append(Rejection(number, line, reason_for(error), str(error)))
        else:
            events.append(event)
    return Transformed(encode_all(events, arrived_at), len(events), rejected)
