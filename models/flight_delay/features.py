"""What the model is told of a flight at its departure, and how files and requests are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

LABEL = "delayed"
CATEGORICAL = ["carrier", "origin", "destination"]
# Known of every flight, and what the weather station may have left out.
KNOWN = ["month", "weekday", "hour", "distance_miles"]
WEATHER = [
    "temperature_fahrenheit",
    "wind_speed_miles_per_hour",
    "wind_gust_miles_per_hour",
    "precipitation_inches",
    "visibility_miles",
]
NUMERIC = [*KNOWN, *WEATHER]
# In the order of the training set's columns, behind the label (TR-10).
FEATURES = [*CATEGORICAL, *NUMERIC]


class DataError(ValueError):
    """Data that the model cannot use. The message says what is wrong, and where."""


def read_split(folder: Path) -> pd.DataFrame:
    """Every CSV and Parquet file below `folder` as one frame: label, then FEATURES.

    CSV has no header, and its label stands first. Raises DataError for a folder without data, a
    missing column or a label that is neither 0 nor 1.
    """
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.stat().st_size)
    if not files:
        raise DataError(f"{folder} holds no data: expected CSV or Parquet files")
    frame = pd.concat([_read(file) for file in files], ignore_index=True)
    wrong = ~frame[LABEL].isin([0, 1])
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        label = frame[LABEL].iloc[row]
        raise DataError(f"{folder}: the label of row {row} is {label!r}, not 0 or 1")
    return frame


def typed(frame: pd.DataFrame, where: str = "the data") -> pd.DataFrame:
    """FEATURES of `frame` as the model takes them: categories and numbers, missing as NaN.

    Raises DataError, naming the column, for one that is missing or is no number.
    """
    if missing := [name for name in FEATURES if name not in frame]:
        raise DataError(f"{where} lacks {', '.join(missing)}; needed are {', '.join(FEATURES)}")
    columns: dict[str, pd.Series] = {}
    for name in CATEGORICAL:
        # An empty code is missing, too.
        text = frame[name].astype("string")
        columns[name] = text.where(text != "").astype("category")
    for name in NUMERIC:
        try:
            columns[name] = pd.to_numeric(frame[name]).astype("float64")
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: {name} must be a number: {error}") from None
    return pd.DataFrame(columns)


def _read(file: Path) -> pd.DataFrame:
    wanted = [LABEL, *FEATURES]
    if file.suffix == ".parquet":
        frame = pd.read_parquet(file)
        if missing := [name for name in wanted if name not in frame]:
            raise DataError(f"{file} lacks {', '.join(missing)}")
        return frame[wanted]
    strings: dict[str, str] = dict.fromkeys(CATEGORICAL, "string")
    try:
        # "NA" is a code like any other; only an empty field is missing.
        frame = pd.read_csv(file, header=None, dtype=str, keep_default_na=False, na_values=[""])
    except pd.errors.ParserError as error:
        raise DataError(f"{file} is no CSV with as many fields in each line: {error}") from None
    if len(frame.columns) != len(wanted):
        raise DataError(f"{file} has {len(frame.columns)} columns, not {len(wanted)}: {wanted}")
    frame.columns = pd.Index(wanted)
    numbers: Iterable[str] = [name for name in wanted if name not in strings]
    for name in numbers:
        try:
            frame[name] = pd.to_numeric(frame[name])
        except ValueError as error:
            raise DataError(f"{file}: {name} must be a number: {error}") from None
    return frame
