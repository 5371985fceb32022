"""Reading what SageMaker captured: JSON lines, each an invocation with its request."""

import base64
import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

# The features in the order of a CSV request, as the model takes them.
FEATURES = [
    "carrier",
    "origin",
    "destination",
    "month",
    "weekday",
    "hour",
    "distance_miles",
    "temperature_fahrenheit",
    "wind_speed_miles_per_hour",
    "wind_gust_miles_per_hour",
    "precipitation_inches",
    "visibility_miles",
    "airport_delay_minutes",
    "aircraft_delay_minutes",
]
_CATEGORICAL = set(FEATURES[:3])
Flight = dict[str, Any]


def read(lines: Iterable[bytes]) -> Iterator[list[Flight] | None]:
    """The flights of each captured invocation; None for a line that is broken."""
    for line in lines:
        if line.strip():
            try:
                yield _flights(json.loads(line)["captureData"]["endpointInput"])
            except (KeyError, TypeError, ValueError, AttributeError):
                yield None


def _flights(captured_input: dict[str, Any]) -> list[Flight]:
    data = captured_input["data"]
    if captured_input["encoding"] == "BASE64":
        data = base64.b64decode(data).decode()
    if "json" in captured_input["observedContentType"]:
        flights = [dict(flight) for flight in json.loads(data)["flights"]]
    else:
        flights = [
            dict(zip(FEATURES, row, strict=True)) for row in csv.reader(data.splitlines()) if row
        ]
    return [_typed(flight) for flight in flights]


def _typed(flight: Flight) -> Flight:
    typed: Flight = {}
    for name in FEATURES:
        value = flight.get(name)
        if value is None or value == "":
            typed[name] = None
        else:
            typed[name] = str(value) if name in _CATEGORICAL else float(value)
    return typed
