"""What the training set must hold, flight by flight, written without SQL and without windows.

For each flight it looks, by bisection, at what had happened an hour before its scheduled departure.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

_LEAD, _HOUR = timedelta(hours=1), timedelta(hours=1)
_AIRPORT_WINDOW, _AIRCRAFT_WINDOW = timedelta(hours=2), timedelta(hours=12)
_TRAIN_PERCENT, _VALIDATION_PERCENT = 65, 10
_MEASURED = (
    "temperature_fahrenheit",
    "wind_speed_miles_per_hour",
    "wind_gust_miles_per_hour",
    "precipitation_inches",
    "visibility_miles",
)


@dataclass
class _Departures:
    """Departures of one airport or aircraft in the order of time, and their delays in minutes."""

    left_at: list[datetime] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)

    def before(self, moment: datetime, window: timedelta) -> tuple[list[int], list[datetime]]:
        """Delays and moments of the window that ends at `moment`, both ends included."""
        first, end = bisect_left(self.left_at, moment - window), bisect_right(self.left_at, moment)
        return self.delays[first:end], self.left_at[first:end]


def expected_rows(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The rows of `training_set.sql` in its columns, in the order of their `event_id`.

    `flights` as `local.demos.flights` gives them, times in UTC; nothing known is None.
    """
    plain = flights.astype(object).where(flights.notna(), None)
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in plain.to_dict("records")
    ]
    for flight in records:
        flight["leaves"] = flight["scheduled_departure"].to_pydatetime().replace(tzinfo=None)
    airports, aircraft = _histories(records)
    observations = _observations(weather)
    arrived = [flight for flight in records if flight["arrival_delay_minutes"] is not None]
    days = sorted({flight["leaves"].date() for flight in arrived})
    split_of_day = {day: _split(number, len(days)) for number, day in enumerate(days, start=1)}
    rows = []
    for flight in arrived:
        leaves, asked_at = flight["leaves"], flight["leaves"] - _LEAD
        hour = asked_at.replace(minute=0, second=0, microsecond=0) - _HOUR
        observation = observations.get((flight["origin"], hour))
        at_airport, airport_moments = airports[flight["origin"]].before(asked_at, _AIRPORT_WINDOW)
        of_aircraft, aircraft_moments = (
            aircraft[flight["tail_number"]].before(asked_at, _AIRCRAFT_WINDOW)
            if flight["tail_number"]
            else ([], [])
        )
        moments = [asked_at - timedelta(days=1), *airport_moments, *aircraft_moments]
        if observation:
            moments.append(hour + _HOUR)
        rows.append(
            {
                "delayed": int(flight["arrival_delay_minutes"] > 15),
                **{name: flight[name] for name in ("carrier", "origin", "destination")},
                "month": leaves.month,
                "weekday": leaves.isoweekday(),
                "hour": leaves.hour,
                "distance_miles": flight["distance_miles"],
                **(observation or dict.fromkeys(_MEASURED)),
                "airport_delay_minutes": _mean(at_airport),
                "aircraft_delay_minutes": max(of_aircraft, default=None),
                "event_id": flight["event_id"],
                "scheduled_departure": leaves.isoformat(),
                "known_at": max(moments).isoformat(),
                "split": split_of_day[leaves.date()],
            }
        )
    return pd.DataFrame(rows).sort_values("event_id", ignore_index=True)


def _histories(
    records: list[dict[str, Any]],
) -> tuple[defaultdict[str, _Departures], defaultdict[str, _Departures]]:
    airports: defaultdict[str, _Departures] = defaultdict(_Departures)
    aircraft: defaultdict[str, _Departures] = defaultdict(_Departures)
    departed = [
        # A flight counts from its scheduled departure on at the earliest.
        (flight["leaves"] + timedelta(minutes=max(delay, 0)), delay, flight)
        for flight in records
        if (delay := flight["departure_delay_minutes"]) is not None
    ]
    for moment, delay, flight in sorted(departed, key=lambda entry: entry[0]):
        histories = [airports[flight["origin"]]]
        if flight["tail_number"]:
            histories.append(aircraft[flight["tail_number"]])
        for history in histories:
            history.left_at.append(moment)
            history.delays.append(delay)
    return airports, aircraft


def _observations(weather: pd.DataFrame) -> dict[tuple[str, datetime], dict[str, float | None]]:
    """(airport, hour) -> what was measured in that hour; a gust that was not is the wind."""
    observations = {}
    for row in weather.to_dict("records"):
        measured = {name: None if pd.isna(row[name]) else row[name] for name in _MEASURED}
        if measured["wind_gust_miles_per_hour"] is None:
            measured["wind_gust_miles_per_hour"] = measured["wind_speed_miles_per_hour"]
        if measured["precipitation_inches"] is None:
            measured["precipitation_inches"] = 0.0
        observations[row["origin"], row["observed_at"].to_pydatetime()] = measured
    return observations


def _split(number: int, days: int) -> str:
    """The split of the `number`th of `days` days, from 1."""
    if number <= math.floor(days * _TRAIN_PERCENT / 100):
        return "train"
    in_validation = number <= math.floor(days * (_TRAIN_PERCENT + _VALIDATION_PERCENT) / 100)
    return "validation" if in_validation else "test"


def _mean(delays: list[int]) -> float | None:
    return sum(delays) / len(delays) if delays else None
