"""JSON tables as Athena's OpenX SerDe reads them, and the partitions that a projection computes.

Names are matched without regard to case, and a value is read as the type that the table declares:
a text that looks like a time stays a text (docs.aws.amazon.com/athena/latest/ug/
openx-json-serde.html). With `projection.enabled`, the partitions are those of the table's own
parameters, at `storage.location.template`; what lies elsewhere, or outside their values, is not
read (docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html, read
2026-11-29).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_SERDE = "org.openx.data.jsonserde.JsonSerDe"
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE"}
_TYPES |= {"boolean": "BOOLEAN", "float": "FLOAT", "timestamp": "TIMESTAMP", "date": "DATE"}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
# Java's letters of a date -> those of strptime.
_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One file of a table, and the values of the partition that it lies in."""

    path: str
    values: tuple[str, ...] = ()


def is_typed(table: Table) -> bool:
    """Whether a table is read by this module: JSON without partitions, or with a template."""
    library = table["StorageDescriptor"].get("SerdeInfo", {}).get("SerializationLibrary")
    return library == _SERDE and (not table.get("PartitionKeys") or bool(_template(table)))


def partition_of(table: Table, uri: str) -> tuple[str, ...] | None:
    """The values of the partition that an object lies in; None if it lies in none."""
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    template = _template(table)
    if not template:
        return ()
    # Between the placeholders stands text; `split` puts their names at the odd places.
    parts = _PLACEHOLDER.split(template.rstrip("/"))
    pattern = "".join(
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
    match = re.match(rf"{pattern}/[^/]+$", uri)
    if match is None or not all(_projected(table, key, match[key]) for key in keys):
        return None
    return tuple(match[key] for key in keys)


def lower_case_names(body: bytes) -> bytes:
    """The JSON lines of an object with the names of all members in small letters."""
    lines = (json.loads(line) for line in body.splitlines() if line.strip())
    return b"".join(json.dumps(_lower(line)).encode() + b"\n" for line in lines)


def relation(table: Table, parts: list[Part]) -> str:
    """A DuckDB relation over files that `lower_case_names` wrote."""
    columns = {
        column["Name"].lower(): duckdb_type(column["Type"])
        for column in table["StorageDescriptor"]["Columns"]
    }
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    by_partition: dict[tuple[str, ...], list[str]] = {}
    for part in parts:
        by_partition.setdefault(part.values, []).append(part.path)
    selects = []
    for values, paths in by_partition.items():
        listed = ", ".join(f"'{path}'" for path in paths)
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        constants = "".join(
            f", '{value}' AS \"{key}\"" for key, value in zip(keys, values, strict=True)
        )
        selects.append(
            f"FROM read_json([{listed}], format = 'newline_delimited', columns = {{{types}}})"
            f" SELECT *{constants}"
        )
    return f"({' UNION ALL '.join(selects) or _nothing(columns, keys)})"


def duckdb_type(hive_type: str) -> str:
    """A type of Hive in DuckDB's words. Raises NotImplementedError for one without a reader."""
    kind = hive_type.strip()
    if kind.startswith("struct<"):
        fields = (field.split(":", 1) for field in _fields(kind[len("struct<") : -1]))
        return f"STRUCT({', '.join(f'{name.lower()} {duckdb_type(of)}' for name, of in fields)})"
    if kind.startswith("array<"):
        return f"{duckdb_type(kind[len('array<') : -1])}[]"
    if kind not in _TYPES:
        raise NotImplementedError(f"the local Athena reads no {hive_type} from JSON")
    return _TYPES[kind]


def _fields(text: str) -> Iterator[str]:
    """The parts of a list that stand between its own commas."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _template(table: Table) -> str:
    parameters = table.get("Parameters") or {}
    if parameters.get("projection.enabled") != "true":
        return ""
    template: str = parameters.get("storage.location.template", "")
    return template


def _projected(table: Table, key: str, value: str) -> bool:
    """Whether a value is among those that the projection computes for a key."""
    parameters = table["Parameters"]
    kind = parameters[f"projection.{key}.type"]
    if kind == "enum":
        return value in parameters[f"projection.{key}.values"].split(",")
    if kind != "date":
        raise NotImplementedError(f"the local Athena projects no partitions of type {kind}")
    date_format = parameters[f"projection.{key}.format"]
    for letters, directive in _FORMATS.items():
        date_format = date_format.replace(letters, directive)
    try:
        datetime.strptime(value, date_format)  # noqa: DTZ007 -- compared with its own kind
    except ValueError:
        return False
    earliest, _, _ = parameters[f"projection.{key}.range"].partition(",")
    return bool(value >= earliest)


def _nothing(columns: Mapping[str, str], keys: list[str]) -> str:
    empty = {**columns, **dict.fromkeys(keys, "VARCHAR")}
    nulls = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in empty.items())
    return f"SELECT {nulls} WHERE FALSE"


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lower(item) for name, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value
