"""The decoder accepts what the schema allows, and gives each rejected line the right reason."""

import json
from typing import Any

import msgspec
import pytest

import schemas
from lambdas.streaming_lake.transform_flight_events import flight_event
from lambdas.streaming_lake.transform_flight_events.rejection import REASONS, Reason
from lambdas.streaming_lake.transform_flight_events.transform import Transformed, transform
from tests.lambdas.streaming_lake.samples import ARRIVED_AT, EVENT, line, without

SCHEMA = schemas.load("flight_event")
FIELDS: dict[str, dict[str, Any]] = SCHEMA["properties"]
OF_TYPE: dict[str, Any] = {"string": "text", "integer": 7, "number": 1.5, "boolean": True}
OF_TYPE |= {"null": None, "array": [], "object": {}}


def types(field: dict[str, Any]) -> list[str]:
    return field["type"] if isinstance(field["type"], list) else [field["type"]]


def violations() -> list[tuple[str, Any, Reason]]:
    """A value for each way to break the schema, with the reason that the rejection must have."""
    broken: list[tuple[str, Any, Reason]] = []
    for name, field in FIELDS.items():
        broken += [(name, OF_TYPE[kind], "wrong_type") for kind in OF_TYPE.keys() - types(field)]
        if "minimum" in field:
            broken.append((name, field["minimum"] - 1, "out_of_range"))
        if "maximum" in field:
            broken.append((name, field["maximum"] + 1, "out_of_range"))
        if "minLength" in field:
            broken.append((name, "N" * (field["minLength"] - 1), "invalid_value"))
        if "maxLength" in field:
            broken.append((name, "N" * (field["maxLength"] + 1), "invalid_value"))
        if "pattern" in field:
            broken += [(name, value, "invalid_value") for value in ("u", "ua", "UAL", "UA\n", "")]
        if "enum" in field:
            broken += [(name, value, "unknown_airport") for value in ("", "XXX", "jfk", "EWR ")]
        if field.get("format") == "date-time":
            times = ("2013-01-01T10:15:00", "2013-02-30T10:15:00Z", "2013-01-01", "yesterday", "")
            broken += [(name, value, "invalid_value") for value in times]
            # The zero time of Go and .NET, day 0 of Excel, SQL's end of time; beyond UTC's years.
            moments = ["0001-01-01T00:00:00Z", "1899-12-30T00:00:00Z", "9999-12-31T23:59:59Z"]
            moments += ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"]
            broken += [(name, value, "out_of_range") for value in moments]
    return sorted(broken, key=repr)


def allowed() -> list[tuple[str, Any]]:
    """Values at the limits that the schema allows."""
    values: list[tuple[str, Any]] = []
    for name, field in FIELDS.items():
        values += [(name, field[word]) for word in ("minimum", "maximum") if word in field]
        lengths = [field[word] for word in ("minLength", "maxLength") if word in field]
        values += [(name, letter * length) for length in lengths for letter in "Né✈"]
        values += [(name, value) for value in field.get("enum", [])[::100]]
        values += [(name, None)] * ("null" in types(field))
        values += [
            (name, field[word]) for word in ("formatMinimum", "formatMaximum") if word in field
        ]
    return values


def transformed_line(content: bytes) -> Transformed:
    """The result of a payload of one line."""
    result = transform(content, ARRIVED_AT)
    assert result.accepted + len(result.rejected) == 1
    return result


@pytest.mark.parametrize(("name", "value", "reason"), violations())
def test_a_value_that_breaks_the_schema_is_rejected_with_the_reason(
    name: str, value: Any, reason: Reason
) -> None:
    (rejection,) = transformed_line(line(**{name: value})).rejected
    assert rejection.reason == reason
    assert f"`$.{name}`" in rejection.detail


@pytest.mark.parametrize(("name", "value"), allowed())
def test_a_value_that_the_schema_allows_is_written_unchanged(name: str, value: Any) -> None:
    assert json.loads(transformed_line(line(**{name: value})).output)[name] == value


@pytest.mark.parametrize("name", [name for name in FIELDS if "integer" in types(FIELDS[name])])
@pytest.mark.parametrize("written", [b"7.0", b"7e0", b"70E-1"])
def test_a_whole_number_is_an_integer_however_it_is_written(name: str, written: bytes) -> None:
    """pandas writes a column of integers with gaps as floats."""
    content = line(**{name: -424_242}).replace(b"-424242", written)
    output = json.loads(transformed_line(content).output)
    assert (output[name], type(output[name])) == (7, int)


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_a_required_field_must_be_present_even_if_it_may_be_null(name: str) -> None:
    (rejection,) = transformed_line(without(name)).rejected
    assert (rejection.reason, f"`{name}`" in rejection.detail) == ("missing_field", True)


def test_every_enum_of_the_schema_is_the_list_of_airports() -> None:
    airports = schemas.load("airport")["enum"]
    assert all(field["enum"] == airports for field in FIELDS.values() if "enum" in field)


def test_both_decoders_refuse_the_same_lines() -> None:
    for name, value, _ in violations():
        with pytest.raises((msgspec.MsgspecError, ValueError)):
            flight_event.decode_all([line(), line(**{name: value})])


@pytest.mark.parametrize("field", [{"type": "string", "multipleOf": 2}, {"format": "uuid"}])
def test_an_unsupported_schema_keyword_is_an_error(
    field: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(flight_event._FIELDS, "new", {"type": "string", **field})
    with pytest.raises(ValueError, match="without a translation"):
        flight_event._type("new", complete=True)


def test_a_field_that_is_not_required_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    required = [name for name in SCHEMA["required"] if name != "flight"]
    monkeypatch.setitem(flight_event._SCHEMA, "required", required)
    event: Any = flight_event._decoder(complete=True)(without("flight"))
    assert event.flight is None


DEEP = b"[" * 100_000
LINE = line()
BAD_LINES: list[tuple[bytes, Reason]] = [
    (b"", "empty_line"),
    (b" \t\r", "empty_line"),
    (b"\xff", "not_utf8"),
    (LINE.replace(b"UA1545", b"UA\xff"), "not_utf8"),
    (LINE[:-1] + b',"unknown":"\xff"}', "not_utf8"),
    (LINE[:-1] + b',"unknown":"\xed\xa0\x80"}', "not_utf8"),
    (b'{"flight":0,"\xff":1}', "not_utf8"),
    (b"not JSON", "not_json"),
    (LINE[:-1], "not_json"),
    (LINE + LINE, "not_json"),
    (b"\xef\xbb\xbf" + LINE, "not_json"),
    (b"\x00", "not_json"),
    (LINE.replace(b"1545,", b"NaN,"), "not_json"),
    (LINE.replace(b"UA1545", b"\\ud800"), "not_json"),
    (LINE.replace(b"UA1545", b"\\udc00"), "not_json"),
    (LINE[:-1] + b',"unknown":' + DEEP, "too_deep"),
    (LINE[:-1] + b',"unknown":' + b"[" * 5000 + b"]" * 5000 + b"}", "too_deep"),
    (b"{}", "missing_field"),
    (DEEP, "wrong_type"),
    (b"[]", "wrong_type"),
    (b"null", "wrong_type"),
    (LINE.replace(b"1545,", b"15.5,"), "wrong_type"),
    (LINE.replace(b'"EWR"', b'"Object missing required field `flight`"'), "unknown_airport"),
    (LINE.replace(b"1545,", b"9" * 5000 + b","), "out_of_range"),
    (LINE.replace(b"1545,", b"1e400,"), "out_of_range"),
    (LINE.replace(b"1545,", b"-99999999999999999999,"), "out_of_range"),
    (line(scheduled_departure="2013-01-01T23:59:60Z"), "invalid_value"),
]


@pytest.mark.parametrize(("bad_line", "reason"), BAD_LINES, ids=lambda value: repr(value)[:40])
def test_a_bad_line_is_rejected_and_its_neighbours_are_accepted(
    bad_line: bytes, reason: Reason
) -> None:
    result = transform(b"\n".join([LINE, bad_line, LINE, b""]), ARRIVED_AT)
    (rejection,) = result.rejected
    assert (rejection.reason, rejection.number, rejection.line) == (reason, 2, bad_line)
    assert rejection.detail
    assert result.output == transform(LINE + b"\n" + LINE, ARRIVED_AT).output


def test_every_rejection_reason_has_an_example() -> None:
    assert {reason for _, reason in BAD_LINES} == set(REASONS)


def test_an_event_is_written_in_the_order_of_the_schema_with_its_arrival_time() -> None:
    shuffled = json.dumps(dict(reversed(EVENT.items())), indent=None).encode()
    expected = LINE[:-1] + f',"arrived_at":"{ARRIVED_AT}"}}\n'.encode()
    assert transform(shuffled, ARRIVED_AT).output == expected
    assert list(json.loads(expected)) == [*FIELDS, "arrived_at"]


@pytest.mark.parametrize(
    ("departure", "expected"),
    [
        ("2013-01-01T10:15:00Z", "2013-01-01T10:15:00Z"),
        ("2013-01-01T05:15:00-05:00", "2013-01-01T10:15:00Z"),
        ("2013-01-01T00:15:00+05:30", "2012-12-31T18:45:00Z"),
        ("2013-01-01T10:15:00-00:00", "2013-01-01T10:15:00Z"),
        ("2013-01-01T10:15:00.999Z", "2013-01-01T10:15:00Z"),
        ("2013-01-01t10:15:00.25+00:00", "2013-01-01T10:15:00Z"),
        ("1914-01-01T01:00:00+01:00", "1914-01-01T00:00:00Z"),
        ("2199-12-31T18:59:59-05:00", "2199-12-31T23:59:59Z"),
    ],
)
@pytest.mark.parametrize("neighbour", [b"", b"bad\n"])
def test_a_departure_is_written_in_utc_to_the_second(
    departure: str, expected: str, neighbour: bytes
) -> None:
    result = transform(neighbour + line(scheduled_departure=departure), ARRIVED_AT)
    assert json.loads(result.output)["scheduled_departure"] == expected


@pytest.mark.parametrize("value", [b'"x"', b"null", b"[1e999]", b'{"a":"\\u0000"}'])
@pytest.mark.parametrize("name", [b"unknown", b"arrived_at"])
def test_unknown_properties_are_dropped_even_one_called_arrived_at(
    name: bytes, value: bytes
) -> None:
    extended = LINE[:-1] + b',"' + name + b'":' + value + b"}"
    assert transform(extended, ARRIVED_AT).output == transform(LINE, ARRIVED_AT).output


def test_the_last_of_two_equal_keys_counts() -> None:
    doubled = LINE[:-1] + b',"flight":2}'
    assert json.loads(transform(doubled, ARRIVED_AT).output)["flight"] == 2


def test_a_nul_in_a_string_is_kept() -> None:
    output = transform(line(event_id="a\x00b"), ARRIVED_AT).output
    assert json.loads(output)["event_id"] == "a\x00b"
