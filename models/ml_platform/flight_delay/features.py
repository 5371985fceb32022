"""The model's features, and how files of flights are read and encoded as numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

LABEL = "delayed"
CATEGORICAL = ["carrier", "origin", "destination"]
# KNOWN is present for every flight; a value of OPTIONAL may be missing.
KNOWN = ["month", "weekday", "hour", "distance_miles"]
WEATHER = [
    "temperature_fahrenheit",
    "wind_speed_miles_per_hour",
    "wind_gust_miles_per_hour",
    "precipitation_inches",
    "visibility_miles",
]
# What the airport and the aircraft went through: a caller that does not know it leaves it out.
OPERATION = ["airport_delay_minutes", "aircraft_delay_minutes"]
OPTIONAL = [*WEATHER, *OPERATION]
NUMERIC = [*KNOWN, *OPTIONAL]
# In the order of the training set's columns, behind the label (TR-10).
FEATURES = [*CATEGORICAL, *NUMERIC]
# Behind the features: which flight it is, when it is to leave, and the newest moment that any of
# its features stems from. The model never sees them: they are for checks, and tell days apart.
EVENT_ID, DEPARTURE, KNOWN_AT = "event_id", "scheduled_departure", "known_at"
# As XGBoost calls them: categories and quantities.
FEATURE_TYPES = ["c"] * len(CATEGORICAL) + ["q"] * len(NUMERIC)

_COLUMNS = pa.schema(
    [(LABEL, pa.float64())]
    + [(name, pa.dictionary(pa.int32(), pa.string())) for name in CATEGORICAL]
    + [(name, pa.float64()) for name in NUMERIC]
    + [(EVENT_ID, pa.string()), (DEPARTURE, pa.timestamp("ms")), (KNOWN_AT, pa.timestamp("ms"))]
)
# By these endings, Athena's own among them, the file would be unpacked silently.
_COMPRESSED = {".bz2", ".gz", ".lz4", ".zst"}
Probabilities = NDArray[np.floating[Any]]
Categories = Mapping[str, Sequence[str]]


class DataError(ValueError):
    """Data that the model cannot use. The message says what is wrong, and where."""


def read_split(folder: Path) -> pd.DataFrame:
    """Every CSV and Parquet file below `folder` as one frame.

    Its columns: label, FEATURES, EVENT_ID, DEPARTURE and KNOWN_AT (UTC). CSV has no header, its
    columns stand in this order, and an empty field is missing. Raises DataError for a folder
    without data, for compressed files, for missing columns, and for values of another kind than
    the column's. The flights are in the order of their departure.
    """
    # Hadoop and Hive use names that start with a dot or an underscore for their own files.
    files = [file for file in folder.rglob("[!._]*") if file.is_file() and file.stat().st_size]
    if not files:
        raise DataError(f"{folder} holds no data: expected CSV or Parquet files below it")
    table = pa.concat_tables([_read(file) for file in sorted(files)]).unify_dictionaries()
    frame: pd.DataFrame = table.to_pandas()
    if frame.empty:
        raise DataError(f"{folder} holds no flight: its files have no rows")
    if not (right := frame[LABEL].isin([0, 1])).all():
        row = int(right.to_numpy().argmin())
        label = frame[LABEL].iloc[row]
        raise DataError(f"{folder}: the label of row {row} is {label}, not 0 or 1")
    for name in (EVENT_ID, DEPARTURE, KNOWN_AT):
        if (missing := frame[name].isna()).any():
            raise DataError(f"{folder}: row {int(missing.to_numpy().argmax())} has no {name}")
    # A set that is exported again has its rows in another order, and must give the same model.
    return frame.sort_values([DEPARTURE, EVENT_ID], ignore_index=True)


def categories(flights: pd.DataFrame) -> dict[str, list[str]]:
    """The codes that occur, by categorical feature: what a model trained on `flights` knows."""
    return {name: sorted(flights[name].dropna().unique()) for name in CATEGORICAL}


def known_categories(attribute: str | None) -> dict[str, list[str]]:
    """The codes that a booster knows, from its attribute `categories`. Raises DataError."""
    if attribute is None:
        raise DataError("the model does not tell its categories: train.py of this folder makes one")
    known_codes: dict[str, list[str]] = json.loads(attribute)
    return known_codes


def encode(flights: pd.DataFrame, known_codes: Categories) -> NDArray[np.float32]:
    """The model's numbers, a row a flight in the order of FEATURES; missing is NaN.

    A code is encoded as its index in `known_codes`; an unknown code is missing, too.
    """
    numbers = np.empty((len(flights), len(FEATURES)), dtype=np.float32)
    for place, name in enumerate(FEATURES):
        if name in known_codes:
            codes = flights[name].cat.set_categories(known_codes[name]).cat.codes
            numbers[:, place] = np.where(codes < 0, np.nan, codes)
        else:
            numbers[:, place] = flights[name]
    return numbers


def _read(file: Path) -> Any:
    if file.suffix in _COMPRESSED:
        # This reader could unpack it, but a batch transform of the same set would read its bytes.
        raise DataError(
            f"{file} is compressed, and the training set is plain text or Parquet: export it with"
            " compression = 'NONE', or unpack it"
        )
    try:
        if file.suffix == ".parquet":
            table = parquet.read_table(file, partitioning=None)
            if missing := [name for name in _COLUMNS.names if name not in table.column_names]:
                raise DataError(f"{file} lacks {', '.join(missing)}; needed are {_COLUMNS.names}")
            return table.select(_COLUMNS.names).cast(_COLUMNS)
        return csv.read_csv(
            file,
            csv.ReadOptions(column_names=_COLUMNS.names),
            # The training set is written without quotes, and the requests' CSV has none, either.
            csv.ParseOptions(quote_char=False),
            # "NA" is a code like any other; only an empty field is missing.
            csv.ConvertOptions(column_types=_COLUMNS, null_values=[""], strings_can_be_null=True),
        )
    except pa.ArrowException as error:
        columns = ", ".join(f"{field.name} ({_kind(field.type)})" for field in _COLUMNS)
        raise DataError(f"{file} cannot be read: {error}. Its columns must be: {columns}") from None


def _kind(kind: Any) -> str:
    if pa.types.is_timestamp(kind):
        return "time"
    return "number" if pa.types.is_floating(kind) else "text"
