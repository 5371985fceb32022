"""ministack's Athena reads every file below a table's location, and knows no Iceberg.

Athena reads the locations of the table's partitions, where the catalogue has any, and of an Iceberg
table the files of its current snapshot, or of the one that `FOR VERSION AS OF` names. Branches and
tags are the rows of `"<table>$refs"`
(docs.aws.amazon.com/athena/latest/ug/querying-iceberg-table-data.html, read 2026-11-29).
"""

import re
import shutil
import tempfile
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import athena, glue, s3

from local.runtime.wrapping import wrap
from local.services.athena import json_tables
from local.services.athena.iceberg_reads import plan, references
from local.services.s3.uri import split_uri

LENIENT = [
    (
        "Statements other than SELECT and UNLOAD are not run.",
        "The engine is DuckDB, on files that the catalogue names.",
    ),
    (
        "Iceberg tables with delete files are refused.",
        "DuckDB reads the data files that PyIceberg plans; every writer here merges copy-on-write.",
    ),
    (
        "Of the metadata tables of Iceberg, Athena has $refs only.",
        "It is the one that a workflow reads.",
    ),
]

_Original = Callable[[str, list[str]], list[str]]
_VERSION = re.compile(r"(?P<table>\w+)\"?\s+FOR\s+VERSION\s+AS\s+OF\s+(?P<snapshot>\d+)", re.I)
_REFERENCES = re.compile(r"(?:\"?(?P<database>\w+)\"?\.)?\"(?P<table>\w+)\$refs\"", re.I)
_versions: ContextVar[dict[str, int]] = ContextVar("versions")
_relations: dict[tuple[str, ...], str] = {}


def close() -> None:
    """Read partitions where the catalogue says they are, and the snapshots of Iceberg tables."""
    wrap(athena, "_rewrite_data_paths", _without_versions)
    wrap(athena, "_materialize_table_files", _table_files)
    wrap(athena, "_table_relation", _relation)
    wrap(athena, "_empty_relation", _empty_relation)


async def _without_versions(original: Any, query: str, *arguments: Any, **options: Any) -> Any:
    """Take `FOR VERSION AS OF` and `$refs` out of a query; one version of each table."""
    versions = {match["table"]: int(match["snapshot"]) for match in _VERSION.finditer(query)}
    _versions.set(versions)
    plain = _VERSION.sub(
        lambda match: re.sub(r"\s+FOR\s+VERSION.*", "", match[0], flags=re.I), query
    )
    plain = _REFERENCES.sub(partial(_references, arguments[0] or "default"), plain)
    return await original(plain, *arguments, **options)


def _references(database: str, match: re.Match[str]) -> str:
    """The relation in the place of `"<table>$refs"`; the name of another table stays, unknown."""
    table = glue._tables.get(f"{match['database'] or database}/{match['table']}") or {}
    location = (table.get("Parameters") or {}).get("metadata_location")
    return references(location, _read_object) if location else match[0]


def _table_files(original: _Original, location: str, work_folders: list[str]) -> list[str]:
    """Copy a table's files to where DuckDB reads them, as `<key>=<value>/` for each partition.

    The contract is that of ministack's `_materialize_table_files`: it returns the files, and adds
    every folder it makes to `work_folders`.
    """
    table = _table_at(location)
    if table and "metadata_location" in (glue._tables[table].get("Parameters") or {}):
        return _snapshot_files(table, work_folders)
    if table and json_tables.is_typed(glue._tables[table]):
        return _json_files(glue._tables[table], location, work_folders)
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


def _snapshot_files(table: str, work_folders: list[str]) -> list[str]:
    """Copies of the files of an Iceberg table's snapshot; `_relation` tells how to read them."""
    location = glue._tables[table]["Parameters"]["metadata_location"]
    snapshot_id = _versions.get({}).get(table.rpartition("/")[2])
    planned = plan(location, _read_object, snapshot_id)
    root = Path(tempfile.mkdtemp(prefix="athena-"))
    work_folders.append(str(root))
    paths = []
    for number, uri in enumerate(planned.files):
        path = root / f"{number}.parquet"
        path.write_bytes(_read_object(uri))
        paths.append(str(path))
    _relations[tuple(paths)] = planned.relation(paths)
    return paths


def _json_files(table: dict[str, Any], location: str, work_folders: list[str]) -> list[str]:
    """Copies of the objects of a JSON table; `_relation` tells how to read them."""
    bucket, prefix = split_uri(location)
    objects = s3._buckets[bucket]["objects"] if bucket in s3._buckets else {}
    root = Path(tempfile.mkdtemp(prefix="athena-"))
    work_folders.append(str(root))
    parts = []
    for number, key in enumerate(sorted(key for key in objects if key.startswith(prefix))):
        uri = f"s3://{bucket}/{key}"
        values = json_tables.partition_of(table, uri)
        if values is not None:
            path = root / f"{number}.json"
            path.write_bytes(json_tables.lower_case_names(_read_object(uri)))
            parts.append(json_tables.Part(str(path), values))
    paths = [part.path for part in parts]
    _relations[tuple(paths)] = json_tables.relation(table, parts)
    return paths


def _relation(original: Callable[..., str], table_data: dict[str, Any], files: list[str]) -> str:
    return _relations.pop(tuple(files), None) or original(table_data, files)


def _empty_relation(original: Callable[..., str], table_data: dict[str, Any]) -> str:
    if json_tables.is_typed(table_data):
        return json_tables.relation(table_data, [])
    return original(table_data)


def _read_object(uri: str) -> bytes:
    body: bytes = s3._get_object_data(*split_uri(uri))
    return body


def _table_at(location: str) -> Any:
    for name, table in glue._tables.items():
        if table.get("StorageDescriptor", {}).get("Location") == location:
            return name
    return None
