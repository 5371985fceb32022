"""The drift check: flights like the training set stay below the limits, shifted ones do not."""

import base64
import importlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.ml_platform.detect_drift.capture import FEATURES, read
from lambdas.ml_platform.detect_drift.drift import psi, shifts

SHARES = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(
    lambda raw: [value / sum(raw) for value in raw]
)


def flights(count: int, seed: int, warmer: float = 0) -> list[dict[str, Any]]:
    """Random flights, at temperatures that are `warmer` degrees higher."""
    chance = random.Random(seed)  # noqa: S311
    return [
        {
            **{name: float(chance.randint(1, 12)) for name in FEATURES[3:]},
            "carrier": chance.choice(["UA", "AA", "DL"]),
            "origin": chance.choice(["EWR", "JFK"]),
            "destination": chance.choice(["IAH", "ORD", "ATL"]),
            "temperature_fahrenheit": chance.gauss(50 + warmer, 10),
        }
        for _ in range(count)
    ]


def statistics(reference: list[dict[str, Any]]) -> dict[str, Any]:
    """Training set statistics as evaluate.py writes them, but with four bins for each number."""
    numeric = {}
    for name in FEATURES[3:]:
        values = sorted(flight[name] for flight in reference)
        edges = sorted({values[len(values) * q // 4] for q in (1, 2, 3)})
        bounds = [float("-inf"), *edges, float("inf")]
        shares = [
            sum(low <= value < high for value in values) / len(values)
            for low, high in pairwise(bounds)
        ]
        numeric[name] = {"edges": edges, "shares": shares, "missing_share": 0.0, "sample": values}
    categorical = {
        name: {
            code: sum(flight[name] == code for flight in reference) / len(reference)
            for code in {flight[name] for flight in reference}
        }
        for name in FEATURES[:3]
    }
    return {"rows": len(reference), "numeric": numeric, "categorical": categorical}


def capture_line(flight: dict[str, Any], **changes: Any) -> bytes:
    captured_request = {
        "observedContentType": "application/json",
        "encoding": "JSON",
        "data": json.dumps({"flights": [flight]}),
        **changes,
    }
    return json.dumps({"captureData": {"endpointInput": captured_request}}).encode()


def test_psi_of_a_known_example() -> None:
    # (0.4-0.5)ln(0.4/0.5) + (0.6-0.5)ln(0.6/0.5) = 0.02231 + 0.01823
    assert psi([0.5, 0.5], [0.4, 0.6]) == pytest.approx(0.0405465, abs=1e-6)


@given(a=SHARES, b=SHARES)
def test_psi_is_zero_for_equal_shares_and_symmetric(a: list[float], b: list[float]) -> None:
    assert psi(a, a) == 0
    assert psi(a, b) == pytest.approx(psi(b, a))
    assert psi(a, b) >= 0


def test_psi_of_unequal_bins_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 bins beside 3"):
        psi([0.5, 0.5], [0.2, 0.3, 0.5])


def test_only_a_shifted_feature_exceeds_the_limits() -> None:
    reference = statistics(flights(4000, 1))
    same = {shift.feature: shift for shift in shifts(reference, flights(1500, 2))}
    warmer = {shift.feature: shift for shift in shifts(reference, flights(1500, 2, warmer=20))}
    assert max(shift.psi for shift in same.values()) < 0.1
    assert max(shift.ks for shift in same.values()) < 0.1
    assert warmer["temperature_fahrenheit"].psi > 0.2
    assert warmer["temperature_fahrenheit"].ks > 0.5
    assert warmer["hour"] == same["hour"]


def test_missing_weather_and_unknown_codes_are_shifts() -> None:
    reference = statistics(flights(2000, 1))
    moved = [{**flight, "visibility_miles": None, "carrier": "XX"} for flight in flights(500, 2)]
    psi_by_feature = {shift.feature: shift.psi for shift in shifts(reference, moved)}
    assert psi_by_feature["visibility_miles"] > 0.2
    assert psi_by_feature["carrier"] > 0.2


def test_captures_are_read_in_each_encoding_and_broken_lines_are_counted() -> None:
    flight = flights(1, 3)[0]
    row = ",".join(str(flight[name]) for name in FEATURES)
    packed = base64.b64encode(json.dumps({"flights": [flight]}).encode()).decode()
    lines = [
        capture_line(flight),
        capture_line({}, observedContentType="text/csv", encoding="CSV", data=f"{row}\n{row}"),
        capture_line({}, encoding="BASE64", data=packed),
        b"no json",
        capture_line({}, data="[]"),
        capture_line({}, observedContentType="text/csv", encoding="CSV", data="1,2"),
        b"",
    ]
    captured = read(lines, most=100)
    assert captured.flights == [flight] * 4
    assert captured.broken_lines == 3


def test_reading_stops_at_the_limit() -> None:
    assert len(read([capture_line(flight) for flight in flights(50, 1)], most=7).flights) == 7


@given(st.binary())
def test_any_line_is_a_flight_or_broken(raw: bytes) -> None:
    read(raw.split(b"\n"), most=10)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "WINDOW_HOURS": "2",
        "MINIMUM_FLIGHTS": "200",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="endpoint")
        yield importlib.reload(importlib.import_module("lambdas.ml_platform.detect_drift.handler"))


def captured_event(requests: list[dict[str, Any]]) -> dict[str, Any]:
    s3 = boto3.client("s3")
    hour = datetime.now(UTC).strftime("%Y/%m/%d/%H")
    key = f"capture/flight-delay/champion/{hour}/one.jsonl"
    s3.put_object(Bucket="endpoint", Key=key, Body=b"\n".join(map(capture_line, requests)))
    reference = json.dumps(statistics(flights(2000, 1)))
    s3.put_object(Bucket="endpoint", Key="drift/flight-delay/statistics.json", Body=reference)
    return {"detail": {"bucket": {"name": "endpoint"}, "object": {"key": key}}}


def test_figures_are_published_as_metrics_of_the_variant(function: Any) -> None:
    figures = function.handler(captured_event(flights(400, 5, warmer=30)), None)
    assert figures["CapturedFlights"] == 400
    assert figures["LargestPsi"] > 0.2
    published = boto3.client("cloudwatch").list_metrics(Namespace="MlPlatform")["Metrics"]
    assert {metric["MetricName"] for metric in published} == set(figures)
    for metric in published:
        assert {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]} == {
            "EndpointName": "flight-delay",
            "VariantName": "champion",
        }


def test_too_few_flights_are_counted_but_not_compared(function: Any) -> None:
    figures = function.handler(captured_event(flights(199, 5, warmer=30)), None)
    assert figures == {"CapturedFlights": 199, "BrokenLines": 0}
