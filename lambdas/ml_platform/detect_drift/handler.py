"""The adapter: a capture arrived, so judge the last hours of its variant, and publish the shift."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from .capture import read
from .drift import shifts
from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="detect_drift")
_s3, _cloudwatch = boto3.client("s3"), boto3.client("cloudwatch")
_NAMESPACE = "MlPlatform"
# Enough for any test; more would only take longer.
_MOST_FLIGHTS = 20_000


def handler(event: dict[str, Any], _context: Any) -> dict[str, float]:
    """Judge the variant whose capture is told of by an S3 `Object Created` event."""
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    _, endpoint, variant = key.split("/")[:3]
    captured = read(
        _lines(bucket, f"capture/{endpoint}/{variant}/", SETTINGS.window_hours), _MOST_FLIGHTS
    )
    figures: dict[str, float] = {
        "CapturedFlights": len(captured.flights),
        "BrokenLines": captured.broken_lines,
    }
    if len(captured.flights) >= SETTINGS.minimum_flights:
        statistics = _s3.get_object(Bucket=bucket, Key=f"drift/{endpoint}/statistics.json")
        feature_shifts = shifts(json.loads(statistics["Body"].read()), captured.flights)
        figures["LargestPsi"] = max(shift.psi for shift in feature_shifts)
        figures["LargestKs"] = max(shift.ks for shift in feature_shifts)
        worst = max(feature_shifts, key=lambda shift: shift.psi)
        logger.info("compared", extra={"feature": worst.feature, "psi": round(worst.psi, 4)})
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    _cloudwatch.put_metric_data(
        Namespace=_NAMESPACE,
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
            }
            for name, value in figures.items()
        ],
    )
    return figures


def _lines(bucket: str, prefix: str, hours: int) -> Iterator[bytes]:
    """The captured lines of the last hours, newest hour first."""
    now = datetime.now(UTC)
    for back in range(hours + 1):
        folder = f"{prefix}{now - timedelta(hours=back):%Y/%m/%d/%H}/"
        for page in _s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for entry in page.get("Contents", []):
                body = _s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"]
                yield from body.iter_lines()
