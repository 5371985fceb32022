"""The drift check: real flights as the model knows them stay below the alarm, moved ones do not."""

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
    """Flights by chance, from one world or a warmer one."""
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
    """What evaluate.py writes, of numbers in four bins."""
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


def line(flight: dict[str, Any], **changes: Any) -> bytes:
    captured_request = {
        "observedContentType": "application/json",
        "encoding": "JSON",
        "data": json.dumps({"flights": [flight]}),
        **changes,
    }
    return json.dumps({"captureData": {"endpointInput": captured_request}}).encode()


def test_psi_as_worked_out_by_hand() -> None:
    # (0.4-0.5)ln(0.4/0.5) + (0.6-0.5)ln(0.6/0.5) = 0.02231 + 0.01823
    assert psi([0.5, 0.5], [0.4, 0.6]) == pytest.approx(0.0405465, abs=1e-6)


@given(a=SHARES, b=SHARES)
def test_psi_is_nothing_for_the_same_and_the_same_both_ways(a: list[float], b: list[float]) -> None:
    assert psi(a, a) == 0
    assert psi(a, b) == pytest.approx(psi(b, a))
    assert psi(a, b) >= 0


def test_psi_of_unequal_bins_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 bins beside 3"):
        psi([0.5, 0.5], [0.2, 0.3, 0.5])


def test_the_same_world_stays_below_and_a_warmer_one_crosses() -> None:
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


def test_captures_are_read_in_each_form_and_broken_lines_counted() -> None:
    flight = flights(1, 3)[0]
    row = ",".join(str(flight[name]) for name in FEATURES)
    packed = base64.b64encode(json.dumps({"flights": [flight]}).encode()).decode()
    lines = [
        line(flight),
        line({}, observedContentType="text/csv", encoding="CSV", data=f"{row}\n{row}"),
        line({}, encoding="BASE64", data=packed),
        b"no json",
        line({}, data="[]"),
        line({}, observedContentType="text/csv", encoding="CSV", data="1,2"),
        b"",
    ]
    captured = read(lines, most=100)
    assert captured.flights == [flight] * 4
    assert captured.broken_lines == 3


def test_no_more_flights_are_read_than_asked_for() -> None:
    assert len(read([line(flight) for flight in flights(50, 1)], most=7).flights) == 7


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


def captured(requests: list[dict[str, Any]]) -> dict[str, Any]:
    s3 = boto3.client("s3")
    hour = datetime.now(UTC).strftime("%Y/%m/%d/%H")
    key = f"capture/flight-delay/champion/{hour}/one.jsonl"
    s3.put_object(Bucket="endpoint", Key=key, Body=b"\n".join(map(line, requests)))
    reference = json.dumps(statistics(flights(2000, 1)))
    s3.put_object(Bucket="endpoint", Key="drift/flight-delay/statistics.json", Body=reference)
    return {"detail": {"bucket": {"name": "endpoint"}, "object": {"key": key}}}


def test_figures_become_metrics_of_the_variant(function: Any) -> None:
    figures = function.handler(captured(flights(400, 5, warmer=30)), None)
    assert figures["CapturedFlights"] == 400
    assert figures["LargestPsi"] > 0.2
    published = boto3.client("cloudwatch").list_metrics(Namespace="MlPlatform")["Metrics"]
    assert {metric["MetricName"] for metric in published} == set(figures)
    for metric in published:
        assert {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]} == {
            "EndpointName": "flight-delay",
            "VariantName": "champion",
        }


def test_too_few_flights_are_counted_and_not_judged(function: Any) -> None:
    figures = function.handler(captured(flights(199, 5, warmer=30)), None)
    assert figures == {"CapturedFlights": 199, "BrokenLines": 0}
