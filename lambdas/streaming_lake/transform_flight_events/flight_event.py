"""What a flight event is: decoders and an encoder, derived from its JSON Schema at import.

A schema keyword without a translation here fails the import, so that no rule goes unenforced.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, Literal, Protocol, cast

import msgspec

import schemas

_SCHEMA = schemas.load("flight_event")
_FIELDS: dict[str, dict[str, Any]] = _SCHEMA["properties"]
_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}
_LIMITS = {"minimum": "ge", "maximum": "le", "minLength": "min_length", "maxLength": "max_length"}
_UNDERSTOOD = {"$schema", "$id", "$ref", "title", "description", "type", "enum", "format"}
_TIMESTAMPS = [name for name, field in _FIELDS.items() if field.get("format") == "date-time"]


class FlightEvent(Protocol):
    """One valid event; its fields are the schema's, and the moment it arrived."""

    arrived_at: msgspec.Raw


def normalise(event: FlightEvent) -> None:
    """Bring its timestamps to UTC and whole seconds, in place."""
    for name in _TIMESTAMPS:
        when: datetime | None = getattr(event, name)
        try:
            setattr(event, name, when and when.astimezone(UTC).replace(microsecond=0))
        except OverflowError:
            raise msgspec.ValidationError(f"Datetime out of range in UTC - at `$.{name}`") from None


def decode_all(lines: Iterable[bytes]) -> list[FlightEvent]:
    """Decode many lines fast; ValueError or a msgspec error if any is bad, whichever it is."""
    events = list(map(_decode_unpatterned, lines))
    # A regex costs as much as the rest of a line, and a batch has few different carriers.
    for get, matches in _PATTERNS:
        if not all(value is None or matches(value) for value in set(map(get, events))):
            raise ValueError("a value does not match its pattern")
    for get in _GET_TIMESTAMPS:
        if any(when and (when.tzinfo is not UTC or when.microsecond) for when in map(get, events)):
            for event in events:
                normalise(event)
    return events


def encode_all(events: list[FlightEvent], arrived_at: str) -> bytes:
    """One line of JSON each, in the schema's order, with the moment of arrival at the end."""
    arrival = msgspec.Raw(f'"{arrived_at}"'.encode())
    for event in events:
        event.arrived_at = arrival
    return _ENCODER.encode_lines(events)


def _pattern(field: dict[str, Any]) -> str:
    # In Python, unlike in JSON Schema, $ also matches before a final newline.
    return re.sub(r"(?<!\\)\$$", r"\\Z", field["pattern"])


def _type(name: str, *, patterns: bool) -> Any:
    field = _FIELDS[name]
    if unknown := field.keys() - _UNDERSTOOD - _LIMITS.keys() - {"pattern"}:
        raise ValueError(f"{name} has keywords without a translation: {sorted(unknown)}")
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    (basic,) = (_TYPES[kind] for kind in types if kind != "null")
    limits = {_LIMITS[keyword]: value for keyword, value in field.items() if keyword in _LIMITS}
    if "enum" in field:
        basic = Literal[tuple(field["enum"])]
    elif field.get("format") == "date-time":
        basic, limits = datetime, {"tz": True}
    elif "format" in field:
        raise ValueError(f"{name} has a format without a translation: {field['format']}")
    if patterns and "pattern" in field:
        limits["pattern"] = _pattern(field)
    constrained = Annotated[basic, msgspec.Meta(**limits)] if limits else basic
    return constrained | None if "null" in types or name not in _SCHEMA["required"] else constrained


def _decoder(*, patterns: bool) -> Callable[[bytes], FlightEvent]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        (name, kind) if name in _SCHEMA["required"] else (name, kind, None)
        for name in _FIELDS
        for kind in [_type(name, patterns=patterns)]
    ]
    # Raw skips over an `arrived_at` that a producer sends, as over any unknown property.
    fields.append(("arrived_at", msgspec.Raw, msgspec.Raw(b"null")))
    # Nothing in an event can form a cycle, so the garbage collector need not track it.
    event_type = msgspec.defstruct("FlightEvent", fields, kw_only=True, gc=False)
    decode: Any = msgspec.json.Decoder(event_type).decode
    return cast("Callable[[bytes], FlightEvent]", decode)


decode_one = _decoder(patterns=True)
_decode_unpatterned = _decoder(patterns=False)
_PATTERNS = [
    (attrgetter(name), re.compile(_pattern(field)).search)
    for name, field in _FIELDS.items()
    if "pattern" in field
]
_GET_TIMESTAMPS = [attrgetter(name) for name in _TIMESTAMPS]
_ENCODER = msgspec.json.Encoder()
