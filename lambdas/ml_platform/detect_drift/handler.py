"""The adapter: each hour, count what was captured since, and publish how far it has shifted.

An hour's captures are counted into the bins of the training set, and the counts are kept in one
object a variant, so a capture is read two or three times, whatever the window is. What a run has no
time for, the next one counts.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from .capture import read
from .drift import Reference
from .history import History, Hour
from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="detect_drift")
_s3, _cloudwatch = boto3.client("s3"), boto3.client("cloudwatch")
_NAMESPACE = "MlPlatform"
_CAPTURES = f"capture/{SETTINGS.endpoint_name}/"
_DRIFT = f"drift/{SETTINGS.endpoint_name}/"
_STATISTICS = f"{_DRIFT}statistics.json"
_DAY = 24
# A run stops counting when less time than this is left to it, and publishes.
_RESERVE_MILLISECONDS = 30_000
Figures = dict[str, float]


def handler(event: dict[str, Any], context: Any) -> dict[str, Figures]:
    """Judge every variant that was invoked, at the time of the schedule's event.

    Returns variant -> what was published: `CapturedFlights` and `BrokenLines` of the last 24
    hours; if there were flights enough, `LargestShift`, and the shift of each feature by its name.
    """
    now = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
    # Without the right to list the whole bucket, a missing object would be an error of permission.
    objects = dict(_objects(_DRIFT))
    if _STATISTICS not in objects:
        logger.warning("no model has been deployed by the workflow: nothing to compare with")
        return {}
    reference = Reference(_load(_STATISTICS))
    published = {}
    for variant in _folders(_CAPTURES):
        key = f"{_DRIFT}history/{variant}.json"
        stored = _load(key) if key in objects else {}
        history = History.of(stored, objects[_STATISTICS])
        _count(history, reference, variant, now, context.get_remaining_time_in_millis)
        _s3.put_object(Bucket=SETTINGS.bucket, Key=key, Body=json.dumps(history.document()))
        published[variant] = _publish(variant, history, reference, now)
    return published


def _count(
    history: History,
    reference: Reference,
    variant: str,
    now: datetime,
    remaining_milliseconds: Callable[[], int],
) -> None:
    """Count the hours that are not, until the time is over."""
    hours = max([_DAY, *reference.window_hours])
    history.forget_before(now, hours)
    for start in history.uncounted(now, hours):
        hour = Hour(reference.empty())
        for key, _ in _objects(f"{_CAPTURES}{variant}/{start:%Y/%m/%d/%H}/"):
            if remaining_milliseconds() < _RESERVE_MILLISECONDS:
                logger.warning("no time for all hours", extra={"next": f"{start:%Y-%m-%dT%H}"})
                return
            for flights in read(_lines(key)):
                if flights is None:
                    hour.broken_lines += 1
                else:
                    reference.count(flights, hour.bins)
        history.keep(start, hour)


def _publish(variant: str, history: History, reference: Reference, now: datetime) -> Figures:
    day = history.last(now, _DAY)
    figures: Figures = {
        "CapturedFlights": sum(hour.flights for hour in day),
        "BrokenLines": sum(hour.broken_lines for hour in day),
    }
    shifts: Figures = {}
    for hours in reference.window_hours:
        counts = history.window(reference, now, hours)
        if counts and sum(next(iter(counts.values()))) >= SETTINGS.minimum_flights:
            for name, shift in reference.shifts(counts, hours).items():
                shifts[name] = max(shift, shifts.get(name, 0))
    if shifts:
        figures["LargestShift"] = max(shifts.values())
    dimensions = {"EndpointName": SETTINGS.endpoint_name, "VariantName": variant}
    values = [(name, value, dimensions) for name, value in figures.items()]
    values += [("Shift", value, {**dimensions, "Feature": name}) for name, value in shifts.items()]
    _cloudwatch.put_metric_data(
        Namespace=_NAMESPACE,
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
            }
            for name, value, dimensions in values
        ],
    )
    rounded = {name: round(value, 4) for name, value in (figures | shifts).items()}
    logger.info("compared", extra={"variant": variant, **rounded})
    return figures | shifts


def _lines(key: str) -> Iterator[bytes]:
    lines: Iterator[bytes] = _s3.get_object(Bucket=SETTINGS.bucket, Key=key)["Body"].iter_lines()
    return lines


def _objects(prefix: str) -> Iterator[tuple[str, str]]:
    """Key and ETag of each object below a prefix."""
    pages = _s3.get_paginator("list_objects_v2").paginate(Bucket=SETTINGS.bucket, Prefix=prefix)
    return ((entry["Key"], entry["ETag"]) for page in pages for entry in page.get("Contents", []))


def _folders(prefix: str) -> Iterator[str]:
    """The names of the folders in one."""
    paginator = _s3.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=SETTINGS.bucket, Prefix=prefix, Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            yield folder["Prefix"].removeprefix(prefix).rstrip("/")


def _load(key: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        _s3.get_object(Bucket=SETTINGS.bucket, Key=key)["Body"].read()
    )
    return document
