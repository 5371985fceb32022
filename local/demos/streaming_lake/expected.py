"""What the lake must hold, computed by DuckDB from the source data, row by row."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

# The contract of a curated flight, written independently of the Spark job.
_CURATED = """
    SELECT
        f.event_id, f.carrier, f.flight, f.tail_number, f.origin, f.destination,
        f.scheduled_departure, f.departure_delay_minutes, f.arrival_delay_minutes,
        f.air_time_minutes, f.distance_miles,
        f.departure_delay_minutes IS NULL AS cancelled,
        f.late,
        w.temperature_fahrenheit,
        w.wind_speed_miles_per_hour,
        CASE WHEN w.origin IS NOT NULL
            THEN coalesce(w.wind_gust_miles_per_hour, w.wind_speed_miles_per_hour)
        END AS wind_gust_miles_per_hour,
        CASE WHEN w.origin IS NOT NULL
            THEN coalesce(w.precipitation_inches, 0)
        END AS precipitation_inches,
        w.visibility_miles,
        w.origin IS NULL AS weather_missing
    FROM flights f
    LEFT JOIN weather w
        ON w.origin = f.origin AND w.observed_at = date_trunc('hour', f.scheduled_departure)
"""


class Expected:
    """The expected curated rows of flights (with a column `late`) and weather."""

    def __init__(self, flights: pd.DataFrame, weather: pd.DataFrame) -> None:
        self._duckdb = duckdb.connect()
        self._duckdb.execute("SET TimeZone = 'UTC'")
        naive = flights.assign(scheduled_departure=flights.scheduled_departure.dt.tz_localize(None))
        self._duckdb.register("flights", naive)
        self._duckdb.register("observations", weather)
        # A cursor sees the tables of its connection, and not what is registered there.
        self._duckdb.execute("CREATE TABLE weather AS SELECT * FROM observations")
        self._duckdb.execute(f"CREATE TABLE curated AS {_CURATED}")

    def figure(self, sql: str) -> Any:
        """One number."""
        return self.rows(sql).iloc[0, 0]

    def differing_rows(self, actual: pd.DataFrame, without: Sequence[str] = ()) -> int:
        """How many curated rows differ in any column, are missing or are unexpected.

        Columns `without` are not compared.
        """
        self._duckdb.register("text", actual)
        columns = [
            (name, kind)
            for name, kind in self.rows("DESCRIBE curated")[["column_name", "column_type"]].values
            if name not in without
        ]
        typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns)
        self._duckdb.execute(f"CREATE OR REPLACE TABLE actual AS SELECT {typed} FROM text")  # noqa: S608 -- our own columns
        names = ", ".join(f'"{name}"' for name, _ in columns)
        return int(
            self.figure(
                f"SELECT count(*) FROM ("  # noqa: S608 -- our own columns
                f"(SELECT {names} FROM curated EXCEPT ALL SELECT {names} FROM actual) UNION ALL "
                f"(SELECT {names} FROM actual EXCEPT ALL SELECT {names} FROM curated))"
            )
        )

    def rows(self, sql: str) -> pd.DataFrame:
        """The rows of a query over `curated`."""
        return self._duckdb.cursor().execute(sql).df()


def same_rows(expected: pd.DataFrame, actual: pd.DataFrame) -> int:
    """How many rows of two answers differ, cell by cell as text, in order.

    Numbers are compared to nine digits: a sum of doubles depends on the order of its terms.
    """

    def cells(frame: pd.DataFrame) -> list[tuple[str, ...]]:
        return [tuple(map(_cell, row)) for row in frame.itertuples(index=False)]

    rows, answered = cells(expected), cells(actual)
    missing = abs(len(rows) - len(answered))
    return sum(a != b for a, b in zip(rows, answered, strict=False)) + missing


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return str(value)
