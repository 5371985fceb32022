"""The preparation container: it converts flights of a feed, and passes on everything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prepare

JSON = "application/json"
# Any JSON, and JSON that looks like flights.
ANYTHING = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5)
FLIGHTS = st.fixed_dictionaries(
    {"flights": st.lists(st.dictionaries(st.sampled_from(["carrier", "hour", "x"]), ANYTHING))}
)


def passed_on(body: Any, content_type: str | None = JSON) -> tuple[Any, str]:
    request = prepare.input_fn(body, content_type)
    return prepare.output_fn(prepare.predict_fn(request, None), "*/*")


def flight(fields: dict[str, Any]) -> dict[str, Any]:
    body, _ = passed_on(json.dumps({"flights": [fields]}))
    (only,) = json.loads(body)["flights"]
    prepared_flight: dict[str, Any] = only
    return prepared_flight


@pytest.mark.parametrize(
    ("departure", "month", "weekday", "hour"),
    [
        ("2013-01-01T05:15:00", 1, 2, 5),
        ("2013-12-29 23:59:00", 12, 7, 23),
        ("2024-02-29T00:00", 2, 4, 0),
    ],
)
def test_a_departure_becomes_month_weekday_and_hour(
    departure: str, month: int, weekday: int, hour: int
) -> None:
    prepared_flight = flight({"scheduled_departure": departure})
    assert prepared_flight == {"month": month, "weekday": weekday, "hour": hour}


def test_codes_are_trimmed_and_converted_to_upper_case() -> None:
    assert flight({"carrier": " ua", "origin": "ewr "}) == {"carrier": "UA", "origin": "EWR"}


def test_a_given_feature_is_not_replaced() -> None:
    assert flight({"scheduled_departure": "2013-01-01T05:15:00", "hour": 6})["hour"] == 6


@pytest.mark.parametrize(
    "fields", [{"scheduled_departure": "soon"}, {"scheduled_departure": 5}, {"carrier": 7}, {}]
)
def test_an_invalid_field_is_passed_on(fields: dict[str, Any]) -> None:
    assert flight(fields) == fields


@given(body=st.text() | ANYTHING.map(json.dumps) | FLIGHTS.map(json.dumps))
def test_any_json_body_is_passed_on_as_json(body: str) -> None:
    assert passed_on(body)[1] == JSON


@given(body=st.text() | st.binary())
def test_any_other_body_is_passed_on_unchanged(body: str | bytes) -> None:
    assert passed_on(body, "text/csv") == (body, "text/csv")


@given(body=st.binary())
def test_bytes_that_are_not_json_are_passed_on(body: bytes) -> None:
    assert passed_on(body)[1] == JSON
