"""The transform accepts what an independent JSON Schema validator accepts, and Parquet keeps it.

The validator is jsonschema-rs, with the formats of the schema's dialect asserted; JSON itself is
read by Python's own module. Neither shares code with msgspec.
"""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import schemas
from lambdas.streaming_lake.transform_flight_events.transform import transform
from local.services.firehose.parquet import to_parquet
from stacks.shared.glue_columns import glue_columns
from tests.lambdas.streaming_lake.samples import ARRIVED_AT, EVENT, line

SCHEMA = schemas.load("flight_event")
FIELDS: dict[str, dict[str, Any]] = SCHEMA["properties"]
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
TIMES = [name for name, field in FIELDS.items() if field.get("format") == "date-time"]
COLUMNS = [
    {"Name": column.name, "Type": column.type.input_string}
    for column in glue_columns("flight_event")
] + [{"Name": "arrived_at", "Type": "timestamp"}]


class Duplicates(dict[str, Any]):
    """An object, with the values that later ones of the same name replaced."""

    replaced: list[tuple[str, Any]]


def _object(pairs: list[tuple[str, Any]]) -> Duplicates:
    result = Duplicates(pairs)
    names = [name for name, _ in pairs]
    last = {name: index for index, name in enumerate(names)}
    result.replaced = [pair for index, pair in enumerate(pairs) if last[pair[0]] != index]
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def judgements(content: bytes) -> set[bool]:
    """What the transform may say of a line: True, if it accepts it.

    RFC 8259 leaves two things open. Half a surrogate pair is no text, so no string holds it. Of
    a name that comes twice the last value counts; the line may be refused for an earlier one.
    """
    try:
        text = content.decode()
        event = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        json.dumps(event, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {False}
    replaced = event.replaced if isinstance(event, Duplicates) else []
    return {
        _valid(event),
        *(_valid({**event, name: value}) and _valid(event) for name, value in replaced),
    }


def _valid(event: Any) -> bool:
    if not isinstance(event, dict):
        return VALIDATOR.is_valid(event)
    # Of unknown properties, the schema demands nothing.
    known = {name: value for name, value in event.items() if name in FIELDS}
    return VALIDATOR.is_valid(known) and all(_in_range(name, known[name]) for name in TIMES)


def _in_range(name: str, text: str | None) -> bool:
    """`formatMinimum` and `formatMaximum`, which JSON Schema itself does not know."""
    if text is None:
        return True
    field = FIELDS[name]
    moment = datetime.fromisoformat(text.upper())
    limits = [datetime.fromisoformat(field[limit]) for limit in ("formatMinimum", "formatMaximum")]
    return limits[0] <= moment <= limits[1]


numbers = st.one_of(
    st.integers(),
    st.integers(-1500, 13000),
    st.floats(),
    st.integers(-1500, 13000).map(float),
    st.sampled_from([10**18, 10**30, 1e308, -0.0, 1e-320, 2**53 + 0.0]),
)
times = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
    st.sampled_from([0, 1, 1899, 1914, 1970, 2013, 2199, 2200, 9999]),
    st.integers(0, 13),
    st.integers(0, 31),
    st.sampled_from(["T", "t", " ", "_", ""]) | st.just("T"),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 61),
    st.sampled_from(["", ".0", ".123456789", ".", ",5", ".9999999"]) | st.just(""),
    st.sampled_from(
        ["Z", "z", "+00:00", "-00:00", "+0000", "-0130", "+01", "", "+23:59", "+24:00"]
    ),
)
texts = st.text(st.characters(), max_size=130) | st.sampled_from(["UA", "9E", "UA\n", "ewr", "JFK"])
values = st.one_of(st.none(), st.booleans(), numbers, texts, times, st.lists(st.none(), max_size=1))
PIECES = [
    *(rb"\ud83d", rb"\ud83d\ude00", rb"\udc00", rb"\u0020", rb"\u0054", rb"\/"),
    *(b"NaN", b"-Infinity", b"1e400", b"01", b"1.", b".5", b"2e0", b'"', b"{", b"}", b" ", b"\x00"),
    b"[" * 100 + b"]" * 100,
]


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """A good event with some values replaced, left out, sent twice, or added."""
    names = st.sampled_from([*EVENT, "unknown"])
    pairs = list({**EVENT, **draw(st.dictionaries(names, values, max_size=2))}.items())
    pairs += draw(st.lists(st.tuples(names, values), max_size=1))
    pairs = draw(st.permutations(pairs))[: len(pairs) - draw(st.sampled_from([0, 0, 0, 0, 1]))]
    ascii_only = draw(st.booleans())
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r: ")]))
    written = [
        json.dumps(name) + separators[1] + json.dumps(value, ensure_ascii=ascii_only)
        for name, value in pairs
    ]
    text = "{" + separators[0].join(written) + "}"
    return text.encode(errors="surrogatepass")


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """An event in which some bytes are replaced, by pieces that JSON knows or by any."""
    content = draw(events())
    start = draw(st.integers(0, len(content)))
    piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    return content[:start] + piece + content[start + draw(st.integers(0, 4)) :]


def accepted(content: bytes) -> bool:
    """The judgement of the transform on a line, alone and beside a good one."""
    alone = transform(content, ARRIVED_AT).accepted == 1
    assert transform(line() + b"\n" + content + b"\n", ARRIVED_AT).accepted == 1 + alone
    return alone


@settings(max_examples=800)
@example(line(flight=2.0))
@example(line(scheduled_departure="2013-01-01 10:15:00Z"))
@example(line(scheduled_departure="2013-01-01T10:15:00+0100"))
@example(line(scheduled_departure="2013-01-01T10:15:00-0000"))
@example(line(scheduled_departure="2016-12-31T23:59:60Z"))
@example(line(scheduled_departure="2199-12-31T23:59:59.9999999Z"))
@example(line().replace(b"T10", b"\\u002010"))
@example(line(event_id="\ud83d"))
@example(line(unknown="\ud83d"))
@example(line(flight=float("nan")))
@example(line(flight=10**400))
@example(b'{"flight":"x",' + line()[1:])
@given((events() | changed()).filter(lambda content: b"\n" not in content))
def test_a_line_is_accepted_if_and_only_if_the_schema_allows_it(content: bytes) -> None:
    assert accepted(content) in judgements(content)


@pytest.mark.parametrize(("depth", "is_accepted"), [(200, True), (100_000, False)])
def test_deep_nesting_is_read_or_refused_and_stops_nothing(depth: int, is_accepted: bool) -> None:
    """The only valid lines that are refused: nothing else here reads them either."""
    nested = b'{"unknown":' + b"[" * depth + b"]" * depth + b"," + line()[1:]
    assert accepted(nested) is is_accepted


@settings(max_examples=150)
@given(st.lists(events().filter(lambda content: b"\n" not in content), min_size=1, max_size=8))
def test_what_is_accepted_comes_back_from_parquet_unchanged(contents: list[bytes]) -> None:
    output = transform(b"\n".join([line(), *contents]), ARRIVED_AT).output
    written = [json.loads(text) for text in output.splitlines()]
    rows = parquet.read_table(BytesIO(to_parquet(output, COLUMNS))).to_pylist()
    assert [_as_written(row) for row in rows] == written


def _as_written(row: dict[str, Any]) -> dict[str, Any]:
    back = dict(row)
    for name in TIMES:
        back[name] = back[name].replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    arrival = back["arrived_at"].replace(tzinfo=UTC).isoformat(timespec="milliseconds")
    back["arrived_at"] = arrival.replace("+00:00", "Z")
    return back
