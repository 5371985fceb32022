"""Half-hourly electricity demand as files and requests hold it, and as arrays of whole days.

CSV without header, a line for each half hour: `demand_gigawatts, time, workday,
temperature_celsius`. Demand stands first, as SageMaker's XGBoost has its labels (TR-10). `time` is
`2014-01-31 23:30`, the local time all year round; `workday` is 0 on weekends and public holidays,
which are known in advance. A line whose demand is empty is a half hour that is to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ["demand_gigawatts", "time", "workday", "temperature_celsius"]
HALF_HOURS = 48
"""Half hours of a day."""
_STEP = pd.Timedelta(minutes=30)
# What no grid of a state needs, and no weather on record.
_ALLOWED = {"demand_gigawatts": (0.001, 1_000), "temperature_celsius": (-90, 60), "workday": (0, 1)}
Numbers = NDArray[np.float64]


class DataError(ValueError):
    """Data that the model cannot use. The message says what is wrong, and where."""


@dataclass(frozen=True)
class Series:
    """Whole days, one after the other."""

    first_day: pd.Timestamp
    """Midnight."""
    demand: Numbers
    """Gigawatts, of the shape (days, 48)."""
    temperature: Numbers
    """Degrees Celsius, of the shape (days, 48)."""
    workdays: Numbers
    """1 or 0, of the shape (days + days to come,): a calendar is known in advance."""

    @property
    def days(self) -> int:
        """Days whose demand is known."""
        return len(self.demand)

    @property
    def days_to_come(self) -> int:
        """Days at the end that have a place in the calendar, and no demand yet."""
        return len(self.workdays) - self.days

    def until(self, origin: int) -> Series:
        """What was known at the beginning of day `origin`: of later days, the calendar alone."""
        return Series(
            self.first_day, self.demand[:origin], self.temperature[:origin], self.workdays
        )

    def followed_by(self, later: Series) -> Series:
        """Both as one. Raises DataError if `later` does not begin on the day after the last."""
        expected = self.date(self.days)
        if later.first_day != expected:
            raise DataError(
                f"a split begins on {later.first_day:%Y-%m-%d}, and the one before it ends on"
                f" {self.date(self.days - 1):%Y-%m-%d}: it must begin on {expected:%Y-%m-%d}, or"
                " days are missing or on both sides"
            )
        return Series(
            self.first_day,
            np.concatenate([self.demand, later.demand]),
            np.concatenate([self.temperature, later.temperature]),
            np.concatenate([self.workdays[: self.days], later.workdays]),
        )

    def date(self, day: int) -> pd.Timestamp:
        """Midnight of a day, counted from the first one."""
        return self.first_day + pd.Timedelta(days=day)


def read_split(folder: Path) -> Series:
    """Every CSV file below `folder`. Raises DataError for what is no series of whole days."""
    # Hadoop and Hive use names that start with a dot or an underscore for their own files.
    files = [file for file in folder.rglob("[!._]*") if file.is_file() and file.stat().st_size]
    if not files:
        raise DataError(f"{folder} holds no data: expected CSV files below it")
    frames = [_parsed(file.read_text(), str(file)) for file in sorted(files)]
    series = series_of(pd.concat(frames), str(folder))
    if series.days_to_come:
        raise DataError(f"{folder}: {series.date(series.days):%Y-%m-%d} has no demand")
    return series


def parse(text: str) -> Series:
    """The series of a request. Raises DataError."""
    return series_of(_parsed(text, "the request"), "the request")


def series_of(half_hours: pd.DataFrame, source: str) -> Series:
    """Rows of COLUMNS as a series. Raises DataError, which names `source` and the half hour."""
    rows = half_hours.sort_values("time", ignore_index=True)
    for name, (low, high) in _ALLOWED.items():
        # What is to come is empty, and NaN is outside of no range.
        wrong = (rows[name] < low) | (rows[name] > high)
        _refuse(rows, wrong, source, f"{name} must be from {low} to {high}")
    times = rows["time"]
    if times[0] != times[0].normalize() or len(rows) % HALF_HOURS:
        raise DataError(
            f"{source}: {len(rows)} half hours from {times[0]} on: send whole days, from 00:00"
        )
    _refuse(rows, times.diff().ne(_STEP) & (rows.index > 0), source, "follows no half hour before")
    days = rows["workday"].to_numpy(dtype=float).reshape(-1, HALF_HOURS)
    unequal = (days != days[:, :1]).any(axis=1).repeat(HALF_HOURS)
    _refuse(rows, pd.Series(unequal), source, "workday must be 0 or 1 for the whole day")
    demand, temperature = (
        rows[name].to_numpy(dtype=float).reshape(-1, HALF_HOURS)
        for name in ("demand_gigawatts", "temperature_celsius")
    )
    to_come = np.isnan(demand).all(axis=1)
    known_days = len(demand) - int(to_come[::-1].cumprod().sum())
    _refuse(
        rows[: known_days * HALF_HOURS],
        rows[["demand_gigawatts", "temperature_celsius"]][: known_days * HALF_HOURS]
        .isna()
        .any(axis=1),
        source,
        "lacks demand or temperature: only whole days at the end may",
    )
    return Series(times[0], demand[:known_days], temperature[:known_days], days[:, 0])


def _parsed(text: str, source: str) -> pd.DataFrame:
    try:
        rows = pd.read_csv(StringIO(text), header=None, names=COLUMNS, index_col=False)
        rows["time"] = pd.to_datetime(rows["time"], format="%Y-%m-%d %H:%M")
        numbers = rows[[name for name in COLUMNS if name != "time"]].astype(float)
    except (ValueError, TypeError) as error:
        raise DataError(f"{source} cannot be read: {error}. Its columns: {_columns()}") from None
    rows[numbers.columns] = numbers
    if rows.empty or rows["time"].isna().any() or rows["workday"].isna().any():
        raise DataError(f"{source}: every half hour needs time and workday of {_columns()}")
    return rows


def _columns() -> str:
    return ", ".join(COLUMNS)


def _refuse(rows: pd.DataFrame, wrong: pd.Series, source: str, rule: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong.to_numpy()))
        row: Sequence[object] = rows.iloc[place].tolist()
        raise DataError(f"{source}: {rows['time'].iloc[place]}: {rule}: {row}")
