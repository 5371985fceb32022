"""The drift check: requests like the training set stay below the limits, shifted ones do not."""

import base64
import importlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.ml_platform.detect_drift.capture import FEATURES, read
from lambdas.ml_platform.detect_drift.drift import Reference, entropy

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)
Flight = dict[str, Any]


def flights(count: int, seed: int, warmer: float = 0, **changed: Any) -> list[Flight]:
    """Random flights, at temperatures that are `warmer` degrees higher."""
    chance = random.Random(seed)  # noqa: S311
    return [
        {
            **{name: float(chance.randint(1, 12)) for name in FEATURES[3:]},
            "carrier": chance.choice(["UA", "AA", "DL"]),
            "origin": "EWR",
            "destination": "IAH",
            "temperature_fahrenheit": min(80, max(20, chance.gauss(50, 10))) + warmer,
            **changed,
        }
        for _ in range(count)
    ]


# As reference.py writes them, of two features.
STATISTICS: dict[str, Any] = {
    "rows": 10_000,
    "days": 100,
    "least_share": 1e-4,
    "features": {
        "carrier": {
            "codes": ["AA", "DL"],
            "rare": ["UA", "WN"],
            "shares": [1 / 3, 1 / 3, 1 / 3, 0.0, 0.0],
            "limits": {"24": 0.05, "168": 0.02},
            "noise": 6.9,
        },
        "temperature_fahrenheit": {
            "edges": [40.0, 50.0, 60.0],
            "range": [20.0, 80.0],
            "shares": [0.16, 0.34, 0.34, 0.16, 0.0, 0.0],
            "limits": {"24": 0.5, "168": 0.1},
            "noise": 8.1,
        },
    },
}


def counted(requests: list[Flight]) -> dict[str, list[int]]:
    reference = Reference(STATISTICS)
    counts = reference.empty()
    reference.count(requests, counts)
    return counts


def shifts(requests: list[Flight], hours: int = 24) -> dict[str, float]:
    return Reference(STATISTICS).shifts(counted(requests), hours)


def capture_line(flight: Flight, **changed: Any) -> bytes:
    """One invocation as SageMaker writes it."""
    request = {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": json.dumps({"flights": [flight]}),
        "encoding": "JSON",
    }
    return json.dumps({"captureData": {"endpointInput": request | changed}}).encode()


def test_relative_entropy_is_the_sum_that_defines_it() -> None:
    # 0.75 * ln(0.75 / 0.5) + 0.25 * ln(0.25 / 0.5), by hand.
    assert entropy([0.5, 0.5], [75, 25], 1e-4) == pytest.approx(0.1308, abs=1e-4)
    assert entropy([0.5, 0.5], [10, 10], 1e-4) == 0
    assert entropy([1.0, 0.0], [1, 1], 1e-4) == pytest.approx(0.5 * -0.6931 + 0.5 * 8.5172, 1e-3)


@given(st.lists(st.integers(1, 100), min_size=4, max_size=4), st.integers(2, 9))
def test_relative_entropy_is_never_negative_and_knows_shares_alone(
    counts: list[int], times: int
) -> None:
    shares = [0.1, 0.2, 0.3, 0.4]
    assert entropy(shares, counts, 1e-4) >= -1e-12
    many = entropy(shares, [count * times for count in counts], 1e-4)
    assert many == pytest.approx(entropy(shares, counts, 1e-4))


def test_each_value_is_in_the_bin_that_its_meaning_has() -> None:
    changed: dict[str, list[Any]] = {
        "carrier": ["AA", "WN", "ZZ", None],
        "temperature_fahrenheit": [19.9, 20.0, 40.0, 80.0, 80.1, None, float("nan")],
    }
    bins = {
        name: [counted(flights(1, 1, **{name: value}))[name].index(1) for value in values]
        for name, values in changed.items()
    }
    assert bins == {"carrier": [0, 2, 3, 4], "temperature_fahrenheit": [4, 0, 1, 3, 4, 5, 5]}


def test_flights_of_the_same_distribution_stay_below_the_limits() -> None:
    for seed in range(30):
        assert max(shifts(flights(500, seed)).values()) < 1


@pytest.mark.parametrize(
    ("feature", "requests"),
    [
        ("temperature_fahrenheit", flights(500, 5, warmer=30)),
        ("temperature_fahrenheit", flights(500, 5, temperature_fahrenheit=None)),
        ("carrier", flights(500, 5, carrier="ZZ")),
    ],
)
def test_a_shifted_feature_is_above_its_limit_and_alone(
    feature: str, requests: list[Flight]
) -> None:
    shifted = [name for name, shift in shifts(requests).items() if shift > 1]
    assert shifted == [feature]


def test_fewer_flights_have_a_larger_limit_and_a_longer_window_a_smaller_one() -> None:
    def warmer(count: int, hours: int) -> float:
        return shifts(flights(count, 5, warmer=8), hours)["temperature_fahrenheit"]

    assert warmer(500, 24) < warmer(5_000, 24) < warmer(5_000, 168)


def test_statistics_of_another_version_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"'least_share'.*Train and deploy"):
        Reference({"rows": 1, "numeric": {}, "categorical": {}})


def test_captures_are_read_in_each_encoding_and_broken_lines_are_told() -> None:
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
    assert list(read(lines)) == [[flight], [flight, flight], [flight], None, None, None]


@given(st.binary())
def test_any_line_is_flights_or_broken(raw: bytes) -> None:
    list(read(raw.split(b"\n")))


@dataclass
class Check:
    """The function, its bucket, and a clock that `context` tells the time of."""

    module: Any
    remaining_milliseconds: int = 900_000

    def __post_init__(self) -> None:
        self.s3 = boto3.client("s3")

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda's context has it."""
        return self.remaining_milliseconds

    def capture(self, requests: list[Flight], hours_ago: int = 0, variant: str = "champion") -> str:
        """One more file of captures; returns its key."""
        start = NOW - timedelta(hours=hours_ago)
        folder = f"capture/flight-delay/{variant}/{start:%Y/%m/%d/%H}"
        key = f"{folder}/{random.random()}.jsonl"  # noqa: S311
        body = b"\n".join(map(capture_line, requests))
        self.s3.put_object(Bucket="endpoint", Key=key, Body=body)
        return key

    def deploy(self, **changed: Any) -> None:
        body = json.dumps(STATISTICS | changed)
        self.s3.put_object(Bucket="endpoint", Key="drift/flight-delay/statistics.json", Body=body)

    def run(self, at: datetime = NOW) -> dict[str, dict[str, float]]:
        published: dict[str, dict[str, float]] = self.module.handler(
            {"time": f"{at:%Y-%m-%dT%H:%M:%SZ}"}, self
        )
        return published


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    settings = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "BUCKET": "endpoint",
        "ENDPOINT_NAME": "flight-delay",
        "MINIMUM_FLIGHTS": "500",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="endpoint")
        module = importlib.import_module("lambdas.ml_platform.detect_drift.handler")
        running = Check(importlib.reload(module))
        running.deploy()
        yield running


def test_the_shift_of_each_feature_and_the_largest_are_metrics_of_the_variant(
    check: Check,
) -> None:
    check.capture(flights(600, 5, warmer=30))
    check.capture(flights(600, 6), variant="challenger")
    published = check.run()
    assert published["champion"]["CapturedFlights"] == 600
    assert published["champion"]["LargestShift"] == published["champion"]["temperature_fahrenheit"]
    assert published["champion"]["LargestShift"] > 1 > published["challenger"]["LargestShift"]
    metrics = boto3.client("cloudwatch").list_metrics(Namespace="MlPlatform")["Metrics"]
    features = {
        (dimensions["VariantName"], dimensions["Feature"])
        for metric in metrics
        if metric["MetricName"] == "Shift"
        and (dimensions := {pair["Name"]: pair["Value"] for pair in metric["Dimensions"]})
    }
    assert features == {
        (variant, feature)
        for variant in ("champion", "challenger")
        for feature in STATISTICS["features"]
    }


def test_too_few_flights_are_counted_but_not_compared(check: Check) -> None:
    check.capture([*flights(499, 5, warmer=30)])
    assert check.run() == {"champion": {"CapturedFlights": 499, "BrokenLines": 0}}


def test_broken_lines_are_counted(check: Check) -> None:
    key = check.capture(flights(2, 5))
    check.s3.put_object(Bucket="endpoint", Key=key, Body=b"no json\n")
    assert check.run()["champion"] == {"CapturedFlights": 0, "BrokenLines": 1}


def test_without_a_model_or_without_captures_nothing_is_compared(check: Check) -> None:
    assert check.run() == {}
    check.capture(flights(600, 5))
    check.s3.delete_object(Bucket="endpoint", Key="drift/flight-delay/statistics.json")
    assert check.run() == {}


def test_an_hour_is_read_until_it_is_over_and_never_again(check: Check) -> None:
    """What is gone is not missed: the counts are kept."""
    keys = [check.capture(flights(300, hours), hours_ago=hours) for hours in range(4)]
    assert check.run()["champion"]["CapturedFlights"] == 1200
    for key in keys[2:]:
        check.s3.delete_object(Bucket="endpoint", Key=key)
    check.capture(flights(50, 8), hours_ago=3)
    assert check.run()["champion"]["CapturedFlights"] == 1200
    # Captures are written late, so the hour before the current one is counted again, too.
    check.capture(flights(50, 9), hours_ago=1)
    assert check.run()["champion"]["CapturedFlights"] == 1250


def test_an_hour_that_no_run_has_seen_is_counted_by_the_next_one(check: Check) -> None:
    check.capture(flights(300, 1), hours_ago=10)
    check.run(NOW - timedelta(hours=12))
    check.capture(flights(300, 2), hours_ago=5)
    assert check.run()["champion"]["CapturedFlights"] == 600


def test_flights_leave_the_window_after_a_day(check: Check) -> None:
    check.capture(flights(600, 1, warmer=30))
    assert "LargestShift" in check.run()["champion"]
    later = check.run(NOW + timedelta(hours=24))["champion"]
    assert later == {"CapturedFlights": 0, "BrokenLines": 0}


def test_a_week_is_compared_once_its_first_day_has_flights(check: Check) -> None:
    """`warmer` passes the limit of a week, and not that of a day."""
    slightly = {"count": 2_000, "warmer": 8}
    for day in range(6):
        check.capture(flights(seed=day, **slightly), hours_ago=day * 24)
    assert check.run()["champion"]["LargestShift"] < 1
    check.capture(flights(seed=6, **slightly), hours_ago=6 * 24)
    # The hour has been counted, without flights: a new model counts all hours again.
    check.deploy(days=101)
    assert check.run()["champion"]["LargestShift"] > 1


def test_a_new_model_compares_what_was_captured_before_with_its_own_set(check: Check) -> None:
    check.capture(flights(600, 1), hours_ago=20)
    assert check.run()["champion"]["LargestShift"] < 1
    carriers = {**STATISTICS["features"]["carrier"], "codes": ["BA", "LH"], "rare": []}
    check.deploy(features={"carrier": carriers})
    assert check.run()["champion"]["LargestShift"] > 1


def test_what_a_run_has_no_time_for_the_next_one_counts(check: Check) -> None:
    check.capture(flights(300, 1))
    check.remaining_milliseconds = 10_000
    assert check.run()["champion"]["CapturedFlights"] == 0
    check.remaining_milliseconds = 900_000
    assert check.run()["champion"]["CapturedFlights"] == 300
