"""The lake's training set without a lake: its SQL over the source data, run by DuckDB.

For tests and benchmarks of the model. The demo trains on what the deployed lake has exported.
"""

from pathlib import Path

import pandas as pd

from local.demos import flights as source
from local.demos.streaming_lake.expected import Expected
from local.services.athena.queries import SQL, UNLOAD, to_duckdb


def write(folder: Path, count: int = source.ALL) -> None:
    """Write the set of the first `count` flights below `folder`: `split=<split>/part-0`, CSV."""
    for split, part in rows(count).groupby("split"):
        file = folder / f"split={split}" / "part-0"
        file.parent.mkdir(parents=True, exist_ok=True)
        part.drop(columns="split").to_csv(file, index=False, header=False)


def rows(count: int = source.ALL) -> pd.DataFrame:
    """The rows of the set of the first `count` flights, with a column `split`."""
    expected = Expected(source.flights(count).assign(late=False), source.weather())
    text = (SQL / "streaming_lake" / "training_set.sql").read_text()
    statement = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    unload = UNLOAD.match(statement.strip())
    if unload is None:
        raise ValueError("training_set.sql holds no UNLOAD")
    select = to_duckdb(unload["select"])
    select = select.replace("flights_curated", "curated").replace("weather_hourly", "weather")
    return expected.rows(select)
