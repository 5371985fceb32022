"""ministack's Athena reads every file below a table's location.

Athena reads the locations of the table's partitions, where the catalogue has any.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import athena, glue

from local.runtime.wrapping import wrap

LENIENT = [
    (
        "Statements other than SELECT and UNLOAD are not run.",
        "The engine is DuckDB, on files that the catalogue names.",
    ),
]

_Original = Callable[[str, list[str]], list[str]]


def close() -> None:
    """Read partitions where the catalogue says they are."""
    wrap(athena, "_materialize_table_files", _table_files)


def _table_files(original: _Original, location: str, work_folders: list[str]) -> list[str]:
    """Copy a table's files to where DuckDB reads them, as `<key>=<value>/` for each partition.

    The contract is that of ministack's `_materialize_table_files`: it returns the files, and adds
    every folder it makes to `work_folders`.
    """
    table = _table_at(location)
    partitions = glue._partitions.get(table, []) if table else []
    if not partitions:
        return list(original(location, work_folders))
    keys = [key["Name"] for key in glue._tables[table]["PartitionKeys"]]
    root = Path(tempfile.mkdtemp(prefix="athena-"))
    work_folders.append(str(root))
    files: list[Any] = []
    for partition in partitions:
        folder = root.joinpath(*map("=".join, zip(keys, partition["Values"], strict=True)))
        downloads: list[str] = []
        for file in original(partition["StorageDescriptor"]["Location"], downloads):
            folder.mkdir(parents=True, exist_ok=True)
            files.append(shutil.move(file, folder / f"{len(files)}-{Path(file).name}"))
        for download in downloads:
            shutil.rmtree(download)
    return [str(file) for file in files]


def _table_at(location: str) -> Any:
    for name, table in glue._tables.items():
        if table.get("StorageDescriptor", {}).get("Location") == location:
            return name
    return None
