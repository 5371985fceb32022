"""`forecast_quality.sql` on forecasts and histories that are awkward in each way it names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from local.services.athena.queries import to_duckdb
from repository import ROOT

NOON = datetime(2014, 10, 8, 12, tzinfo=UTC)
Row = tuple[str, float, float, float, str]


def text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def judged(
    forecasts: list[Row], demand: dict[str, float | None], day: str = "2014-10-10"
) -> dict[str, Any] | None:
    """The query's figures; None if it has none."""
    sql = (ROOT / "sql" / "ml_platform" / "forecast_quality.sql").read_text()
    sql = "\n".join(part for part in sql.splitlines() if not part.startswith("--"))
    database = duckdb.connect()
    database.execute(
        "CREATE TABLE forecasts (time VARCHAR, q10 DOUBLE, q50 DOUBLE, q90 DOUBLE, cut_off VARCHAR)"
    )
    database.execute("CREATE TABLE histories (demand_gigawatts DOUBLE, time VARCHAR)")
    if forecasts:
        database.executemany("INSERT INTO forecasts VALUES (?, ?, ?, ?, ?)", forecasts)
    database.executemany(
        "INSERT INTO histories VALUES (?, ?)", [(value, time) for time, value in demand.items()]
    )
    query = to_duckdb(sql).replace("<day>", day).replace("<from>", "2014-10-08")
    result = database.execute(query)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    return dict(zip(names, rows[0], strict=True)) if rows else None


def series(count: int) -> tuple[list[Row], dict[str, float | None], np.ndarray]:
    """Forecasts, demand of both weeks by its time, and the numbers as arrays."""
    draws = np.random.default_rng(0)
    times = [NOON + timedelta(minutes=30 * step) for step in range(count)]
    values, before = draws.uniform(3, 8, (2, count))
    quantiles = np.sort(draws.uniform(3, 8, (count, 3)), axis=1)
    forecasts: list[Row] = [
        (text(time), float(low), float(median), float(high), "2014-10-08")
        for time, (low, median, high) in zip(times, quantiles, strict=True)
    ]
    demand: dict[str, float | None] = {}
    for time, value, week_before in zip(times, values, before, strict=True):
        demand[text(time)] = float(value)
        demand[text(time - timedelta(days=7))] = float(week_before)
    return forecasts, demand, np.column_stack([values, before, quantiles])


def test_the_figures_are_those_of_the_definition() -> None:
    forecasts, demand, numbers = series(48)
    figures = judged(forecasts, demand)
    assert figures is not None
    values, before, quantiles = numbers[:, 0], numbers[:, 1], numbers[:, 2:]
    losses = [
        2 * np.where(values > q, share * (values - q), (1 - share) * (q - values)).sum()
        for share, q in zip((0.1, 0.5, 0.9), quantiles.T, strict=True)
    ]
    assert figures["half_hours"] == 48
    assert figures["wql"] == pytest.approx(np.mean(losses) / values.sum())
    assert figures["wql_a_week_ago"] == pytest.approx(np.abs(values - before).sum() / values.sum())
    inside = (values >= quantiles[:, 0]) & (values <= quantiles[:, 2])
    assert figures["coverage"] == pytest.approx(inside.mean())


def test_a_history_that_is_forecast_on_two_nights_counts_once() -> None:
    forecasts, demand, _ = series(3)
    assert judged(forecasts + forecasts, demand) == judged(forecasts, demand)


def test_each_cut_off_counts() -> None:
    forecasts, demand, _ = series(3)
    earlier = [(*row[:4], "2014-10-07") for row in forecasts]
    figures = judged([*forecasts, *earlier], demand)
    assert figures is not None
    assert (figures["half_hours"], figures["cut_offs"]) == (6, 2)


def test_half_hours_whose_demand_nobody_knows_are_left_out() -> None:
    forecasts, demand, _ = series(4)
    unknown = {**demand, forecasts[3][0]: None}
    del unknown[text(NOON - timedelta(days=7))]
    assert judged(forecasts, unknown) == judged(forecasts[1:3], demand)


def test_days_outside_of_the_window_are_left_out() -> None:
    forecasts, demand, _ = series(48)
    assert judged(forecasts, demand, day="2014-10-09") == judged(forecasts[:24], demand)


def test_without_demand_there_are_no_figures() -> None:
    forecasts, _, _ = series(2)
    assert judged(forecasts, {"2014-10-08 12:00": 5.0}) is None
