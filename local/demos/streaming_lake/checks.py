"""The figures that the lake's demo compares: each computed from the source, and as measured."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from local.demos.report import Check
from local.demos.streaming_lake.expected import Expected, same_rows
from local.demos.streaming_lake.expected_training_set import expected_rows
from local.demos.streaming_lake.producer import SendResult

_DELAYS = """
    SELECT carrier, date_part('hour', scheduled_departure) AS hour, count(*),
        count(*) FILTER (cancelled), round(avg(arrival_delay_minutes), 2),
        count(*) FILTER (arrival_delay_minutes > 15)
    FROM curated GROUP BY ALL ORDER BY ALL
"""
_LATE = """
    SELECT strftime(scheduled_departure, '%Y-%m-%d') AS event_day, count(*),
        count(*) FILTER (late)
    FROM curated GROUP BY ALL HAVING bool_or(late) ORDER BY ALL
"""
_ROUTES = """
    SELECT origin, destination, count(*), max(distance_miles), round(avg(arrival_delay_minutes), 2),
        round(count(*) FILTER (weather_missing) / count(*), 4)
    FROM curated GROUP BY ALL ORDER BY origin, destination
"""


@dataclass(frozen=True)
class Evidence:
    """What the demo sent, and what the lake holds."""

    lines: int
    bad_reasons: list[str]
    delivered: int
    rejected: dict[str, int]
    waves: list[SendResult]
    logged_bytes: int
    fresh: list[int]
    curated: pd.DataFrame
    readers: dict[str, pd.DataFrame]
    """Who read all curated rows beside Athena -> the rows."""
    answers: dict[str, pd.DataFrame]


def compare(evidence: Evidence, flights: pd.DataFrame, weather: pd.DataFrame) -> list[Check]:
    """Every check. `flights` are the distinct ones sent; column `late`: in the second wave."""
    expected = Expected(flights, weather)
    return [
        *_accounts(evidence, len(flights)),
        *_rows(evidence, flights, expected),
        *_queries(evidence, expected),
        _training_set(evidence, flights, weather),
    ]


def _accounts(evidence: Evidence, flights: int) -> list[Check]:
    rejected = sum(evidence.rejected.values())
    refused = sum(len(wave.refused) for wave in evidence.waves)
    by_reason = {reason: evidence.bad_reasons.count(reason) for reason in evidence.bad_reasons}
    return [
        Check(
            "lines sent = accepted + rejected + refused",
            evidence.lines,
            evidence.delivered + rejected + refused,
        ),
        Check("lines rejected, by reason", by_reason, dict(sorted(evidence.rejected.items()))),
        Check("lines refused by the producer", 1, refused),
        Check(
            "bytes in the raw log = bytes accepted by the stream",
            sum(wave.payload_bytes for wave in evidence.waves),
            evidence.logged_bytes,
        ),
        Check("flights curated = distinct flights accepted", flights, len(evidence.curated)),
    ]


def _rows(evidence: Evidence, flights: pd.DataFrame, expected: Expected) -> list[Check]:
    late = int(flights.late.sum())
    differing = expected.differing_rows(evidence.curated.drop(columns="arrived_at"))
    marked = int((evidence.curated.late.str.lower() == "true").sum())
    return [
        Check("curated flights that differ from the source", 0, differing),
        *(
            Check(
                f"curated flights that differ, read by {reader}",
                0,
                expected.differing_rows(rows.drop(columns="arrived_at")),
            )
            for reader, rows in evidence.readers.items()
        ),
        Check("fresh flights, run by run", [len(flights) - late, late], evidence.fresh),
        Check("flights marked late", late, marked),
    ]


def _queries(evidence: Evidence, expected: Expected) -> list[Check]:
    answers = evidence.answers
    routes = answers["route_delays"].sort_values(["origin", "destination"])
    late = answers["late_arrivals"].drop(columns="last_arrival")
    delays = answers["delay_by_carrier_and_hour"]
    compared: list[tuple[str, str, Any]] = [
        ("delay by carrier and hour", _DELAYS, delays),
        ("late arrivals", _LATE, late),
        ("route delays", _ROUTES, routes),
    ]
    return [
        Check(f"rows that differ: {name}", 0, same_rows(expected.rows(sql), rows))
        for name, sql, rows in compared
    ]


def _training_set(evidence: Evidence, flights: pd.DataFrame, weather: pd.DataFrame) -> Check:
    exported = evidence.answers["training_set"].sort_values("event_id", ignore_index=True)
    differing = same_rows(expected_rows(flights, weather), exported)
    return Check("rows that differ: training set, flight by flight", 0, differing)
