"""For any payload, each line is accepted or rejected exactly once, and none is lost or changed."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.streaming_lake.transform_flight_events import batch
from lambdas.streaming_lake.transform_flight_events.envelope import Source
from lambdas.streaming_lake.transform_flight_events.rejection import as_json_lines
from lambdas.streaming_lake.transform_flight_events.transform import split, transform
from tests.lambdas.streaming_lake.samples import ARRIVED_AT, EVENT, decoded, line, record

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
departures = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
changed = st.dictionaries(st.sampled_from([*EVENT, "unknown"]), json_values, max_size=2)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good line in which a few bytes are replaced."""
    good, start = line(), draw(st.integers(0, len(line())))
    return good[:start] + draw(st.binary(max_size=4)) + good[start + draw(st.integers(0, 4)) :]


lines = st.one_of(
    st.just(line()),
    st.binary(max_size=20),
    st.sampled_from([b"", b" ", b"\r", b"{}", b"\xff", line() + b"\r"]),
    changed.map(lambda changes: line(**changes)),
    departures.map(lambda departure: line(scheduled_departure=departure)),
    damaged(),
)
payloads = st.binary() | st.lists(lines, max_size=6).map(b"\n".join)


@settings(max_examples=400, deadline=None)
@given(payloads)
def test_no_line_is_lost_or_changed(data: bytes) -> None:
    result = transform(data, ARRIVED_AT)

    all_lines = split(data)
    assert b"\n".join(all_lines) == (data[:-1] if data.endswith(b"\n") else data)
    rejected = {rejection.number: rejection.line for rejection in result.rejected}
    good = [text for number, text in enumerate(all_lines, start=1) if number not in rejected]
    assert rejected == {number: all_lines[number - 1] for number in rejected}
    assert len(result.rejected) + result.accepted == len(all_lines)

    # Each good line alone gives the same output: no neighbour has touched it.
    alone = [transform(text, ARRIVED_AT) for text in good]
    assert all(transformed.accepted == 1 for transformed in alone)
    assert b"".join(transformed.output for transformed in alone) == result.output


@settings(max_examples=200, deadline=None)
@given(payloads)
def test_rejected_lines_can_be_read_back_byte_for_byte(data: bytes) -> None:
    rejected = transform(data, ARRIVED_AT).rejected
    encoded = as_json_lines(rejected, Source.of(record(data)))

    back = [json.loads(text) for text in encoded.splitlines()]
    assert [restored(rejection) for rejection in back] == [rejection.line for rejection in rejected]
    assert [rejection["line_number"] for rejection in back] == [
        rejection.number for rejection in rejected
    ]


def restored(rejection: dict[str, str]) -> bytes:
    if "line_base64" in rejection:
        return base64.b64decode(rejection["line_base64"])
    return rejection["line"].encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(payloads, max_size=8), st.integers(0, 3000))
def test_every_record_is_kept_or_left_in_order_and_the_answer_fits(
    contents: list[bytes], limit: int
) -> None:
    records = [record(data, number) for number, data in enumerate(contents)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "RESPONSE_LIMIT", limit)
        fitting, remaining = batch.fit(records)

    assert [kept_record.record for kept_record in fitting] + remaining == records
    assert bool(fitting) == bool(records)
    answers = [kept_record.answer(safe=True) for kept_record in fitting] + [
        batch.dropped(kept_record) for kept_record in remaining
    ]
    assert len(fitting) == 1 or len(json.dumps(answers)) - 2 <= limit or not records
    for kept_record in fitting:
        assert kept_record.answer(safe=False)["data"] == kept_record.record["data"]
        assert decoded(kept_record.output) == kept_record.transformed.output
