"""The figures that the lake's demo compares: each computed from the source, and as it came out."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from local.demos.streaming_lake.producer import Sent
from local.demos.verification import Check, Expected, same_rows

_DELAYS = """
    SELECT carrier, date_part('hour', scheduled_departure) AS hour, count(*),
        count(*) FILTER (cancelled), round(avg(arrival_delay_minutes), 2),
        count(*) FILTER (arrival_delay_minutes > 15)
    FROM curated GROUP BY ALL ORDER BY ALL
"""
_LATE = """
    SELECT event_month, event_day, count(*), count(*) FILTER (late)
    FROM curated GROUP BY ALL HAVING bool_or(late) ORDER BY ALL
"""
_ROUTES = """
    SELECT origin, destination, count(*), max(distance_miles), round(avg(arrival_delay_minutes), 2),
        round(count(*) FILTER (weather_missing) / count(*), 4)
    FROM curated GROUP BY ALL ORDER BY origin, destination
"""
# The same stable hash, spelled without the query's functions.
_SPLIT = """
    SELECT CASE WHEN bucket < 70 THEN 'train' WHEN bucket < 80 THEN 'validation' ELSE 'test' END
        AS split, count(*) AS flights, count(*) FILTER (arrival_delay_minutes > 15) AS delayed
    FROM (
        SELECT arrival_delay_minutes, ('0x' || md5(event_id)[:8])::BIGINT % 100 AS bucket
        FROM curated WHERE arrival_delay_minutes IS NOT NULL
    ) GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Evidence:
    """What the demo saw: what it sent, and what it found in the lake."""

    lines: int
    bad_reasons: list[str]
    delivered: int
    rejected: dict[str, int]
    sent: list[Sent]
    logged_bytes: int
    fresh: list[int]
    curated: pd.DataFrame
    answers: dict[str, pd.DataFrame]


def compare(seen: Evidence, flights: pd.DataFrame, weather: pd.DataFrame) -> list[Check]:
    """Every figure. `flights` are those sent once each, with whether they were sent `late`."""
    expected = Expected(flights, weather)
    return [
        *_accounts(seen, len(flights)),
        *_rows(seen, flights, expected),
        *_queries(seen, expected),
    ]


def _accounts(seen: Evidence, flights: int) -> list[Check]:
    rejected = sum(seen.rejected.values())
    refused = sum(len(sent.refused) for sent in seen.sent)
    by_reason = {reason: seen.bad_reasons.count(reason) for reason in seen.bad_reasons}
    return [
        Check(
            "lines sent = accepted + rejected + refused",
            seen.lines,
            seen.delivered + rejected + refused,
        ),
        Check("lines rejected, by reason", by_reason, dict(sorted(seen.rejected.items()))),
        Check("lines refused by the producer", 1, refused),
        Check(
            "bytes in the raw log = bytes taken by the stream",
            sum(sent.payload_bytes for sent in seen.sent),
            seen.logged_bytes,
        ),
        Check("flights curated = distinct flights accepted", flights, len(seen.curated)),
    ]


def _rows(seen: Evidence, flights: pd.DataFrame, expected: Expected) -> list[Check]:
    late = int(flights.late.sum())
    differing = expected.differing_rows(seen.curated.drop(columns="arrived_at"))
    marked = int((seen.curated.late.str.lower() == "true").sum())
    return [
        Check("curated flights that differ from the source", 0, differing),
        Check("fresh flights, run by run", [len(flights) - late, late], seen.fresh),
        Check("flights marked late", late, marked),
    ]


def _queries(seen: Evidence, expected: Expected) -> list[Check]:
    answers = seen.answers
    routes = answers["route_delays"].sort_values(["origin", "destination"])
    late = answers["late_arrivals"].drop(columns="last_arrival")
    delays = answers["delay_by_carrier_and_hour"]
    split = answers["training_set"].groupby("split").delayed.agg(["count", "sum"]).reset_index()
    compared: list[tuple[str, str, Any]] = [
        ("delay by carrier and hour", _DELAYS, delays),
        ("late arrivals", _LATE, late),
        ("route delays", _ROUTES, routes),
        ("training set, by split", _SPLIT, split),
    ]
    return [
        Check(f"rows that differ: {name}", 0, same_rows(expected.rows(sql), rows))
        for name, sql, rows in compared
    ]
