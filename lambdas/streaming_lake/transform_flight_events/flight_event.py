"""What a flight event is: decoders and an encoder, derived from its JSON Schema at import.

A schema keyword without a translation here fails the import, so that no rule goes unenforced.
`formatMinimum` and `formatMaximum` are those of ajv-formats. Times need them: the zero time of
other languages (year 1) is a valid date-time, and Spark refuses to read such a value from Parquet.

msgspec reads more than RFC 3339: a blank for the T, and offsets without a colon. The patterns of
times in the schema keep these out.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, Literal, Protocol, cast

import msgspec

import schemas

_SCHEMA = schemas.load("flight_event")
_FIELDS: dict[str, dict[str, Any]] = _SCHEMA["properties"]
_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}
_LIMITS = {"minimum": "ge", "maximum": "le", "minLength": "min_length", "maxLength": "max_length"}
_FORMAT_LIMITS = ("formatMinimum", "formatMaximum")
_UNDERSTOOD = {"$schema", "$id", "$ref", "title", "description", "type", "enum", "format"}
_INTEGERS = [name for name, field in _FIELDS.items() if "integer" in field["type"]]
# Name -> earliest and latest moment.
_TIMESTAMPS: dict[str, tuple[datetime, datetime]] = {
    name: (datetime.fromisoformat(earliest), datetime.fromisoformat(latest))
    for name, field in _FIELDS.items()
    if field.get("format") == "date-time"
    for earliest, latest in [[field[limit] for limit in _FORMAT_LIMITS]]
}


class FlightEvent(Protocol):
    """One valid event; its fields are the schema's, and the moment it arrived."""

    arrived_at: msgspec.Raw


def normalise(event: FlightEvent) -> None:
    """Bring its timestamps to UTC and whole seconds, in place."""
    for name, (earliest, latest) in _TIMESTAMPS.items():
        when: datetime | None = getattr(event, name)
        if when is None:
            continue
        if not earliest <= when <= latest:
            raise msgspec.ValidationError(f"Datetime out of range - at `$.{name}`")
        setattr(event, name, when.astimezone(UTC).replace(microsecond=0))


def decode_all(lines: Sequence[bytes]) -> list[FlightEvent]:
    """Decode many lines fast; ValueError or a msgspec error if any is bad, whichever it is.

    Some good ones are refused, too: those that only `decode_one` can tell from bad ones.
    """
    events = list(map(_decode_unpatterned, lines))
    # A regex costs as much as the rest of a line, and a batch has few different carriers.
    for get, matches in _PATTERNS:
        if not all(value is None or matches(value) for value in set(map(get, events))):
            raise ValueError("a value does not match its pattern")
    for get, earliest, latest in _GET_TIMESTAMPS:
        if any(
            when and (when.tzinfo is not UTC or when.microsecond or not earliest <= when <= latest)
            for when in map(get, events)
        ):
            if any(map(_COMPACT_OFFSET.search, lines)):
                raise ValueError("an offset may lack its colon")
            for event in events:
                normalise(event)
    return events


def times_are_plain(data: bytes) -> bool:
    """Whether `decode_all` reads the times in `data` as `decode_one` does.

    It does not see a blank for the T, an offset of zero without its colon, or either as an escape.
    Searched for in the cheapest way, since nearly every record has none of them.
    """
    return not (
        (b"\\" in data and _ESCAPED_ASCII.search(data))
        or b'+0000"' in data
        or b'-0000"' in data
        or (b" " in data and _BLANK_BEFORE_TIME.search(data))
    )


def encode_all(events: list[FlightEvent], arrived_at: str) -> bytes:
    """One line of JSON each, in the schema's order, with the moment of arrival at the end."""
    arrival = msgspec.Raw(f'"{arrived_at}"'.encode())
    for event in events:
        event.arrived_at = arrival
    return _ENCODER.encode_lines(events)


def _pattern(field: dict[str, Any]) -> str:
    # In Python, unlike in JSON Schema, $ also matches before a final newline.
    return re.sub(r"(?<!\\)\$$", r"\\Z", field["pattern"])


def _type(name: str, *, complete: bool) -> Any:
    """The type of a field; `complete` adds patterns and whole numbers written as floats."""
    field = _FIELDS[name]
    if unknown := field.keys() - _UNDERSTOOD - _LIMITS.keys() - {"pattern", *_FORMAT_LIMITS}:
        raise ValueError(f"{name} has keywords without a translation: {sorted(unknown)}")
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    (basic,) = (_TYPES[kind] for kind in types if kind != "null")
    limits = {_LIMITS[keyword]: value for keyword, value in field.items() if keyword in _LIMITS}
    if "enum" in field:
        basic = Literal[tuple(field["enum"])]
    elif name in _TIMESTAMPS:
        basic, limits = datetime, {"tz": True}
    elif "format" in field:
        raise ValueError(f"{name} has a format without a translation: {field['format']}")
    if complete and "pattern" in field and name not in _TIMESTAMPS:
        limits["pattern"] = _pattern(field)
    constrained = Annotated[basic, msgspec.Meta(**limits)] if limits else basic
    if complete and basic is int:
        # To JSON Schema, 2.0 is an integer.
        constrained |= Annotated[float, msgspec.Meta(**limits)] if limits else float
    return constrained | None if "null" in types or name not in _SCHEMA["required"] else constrained


def _decoder(*, complete: bool) -> Callable[[bytes], FlightEvent]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        (name, kind) if name in _SCHEMA["required"] else (name, kind, None)
        for name in _FIELDS
        for kind in [_type(name, complete=complete)]
    ]
    # Raw skips over an `arrived_at` that a producer sends, as over any unknown property.
    fields.append(("arrived_at", msgspec.Raw, msgspec.Raw(b"null")))
    # Nothing in an event can form a cycle, so the garbage collector need not track it.
    event_type = msgspec.defstruct("FlightEvent", fields, kw_only=True, gc=False)
    decode: Any = msgspec.json.Decoder(event_type).decode
    return cast("Callable[[bytes], FlightEvent]", decode)


def decode_one(line: bytes) -> FlightEvent:
    """Decode one line. Raises a msgspec error that names the field."""
    event = _decode_patterned(line)
    for name in _INTEGERS:
        value = getattr(event, name)
        if isinstance(value, float):
            if not value.is_integer():
                raise msgspec.ValidationError(f"Expected `int`, got `float` - at `$.{name}`")
            setattr(event, name, int(value))
    texts = _decode_times(line)
    for name, matches in _TIME_PATTERNS:
        if (text := getattr(texts, name)) is not None and not matches(text):
            raise msgspec.ValidationError(f"Invalid RFC3339 encoded datetime - at `$.{name}`")
    return event


_decode_patterned = _decoder(complete=True)
# Fast, and stricter: of integers it takes no 2.0, and such a line is decoded by itself.
_decode_unpatterned = _decoder(complete=False)
_PATTERNS = [
    (attrgetter(name), re.compile(_pattern(field)).search)
    for name, field in _FIELDS.items()
    if "pattern" in field and name not in _TIMESTAMPS
]
_TIME_PATTERNS = [(name, re.compile(_pattern(_FIELDS[name])).search) for name in _TIMESTAMPS]
# Times as they are written; msgspec reads them as moments otherwise.
_decode_times = msgspec.json.Decoder(
    msgspec.defstruct("Times", [(name, str | None, None) for name in _TIMESTAMPS])
).decode
_COMPACT_OFFSET = re.compile(rb'[+-]\d{4}"')
_BLANK_BEFORE_TIME = re.compile(rb" \d\d:")
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
_GET_TIMESTAMPS = [(attrgetter(name), *limits) for name, limits in _TIMESTAMPS.items()]
_ENCODER = msgspec.json.Encoder()
