"""JSON tables of the local Athena: types, names and projected partitions, as Athena has them."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from local.services.athena.json_tables import (
    Part,
    duckdb_type,
    is_typed,
    lower_case_names,
    partition_of,
    relation,
)

LOCATION = "s3://bucket/capture/endpoint/"
TABLE: dict[str, Any] = {
    "PartitionKeys": [{"Name": "variant"}, {"Name": "hour"}],
    "Parameters": {
        "projection.enabled": "true",
        "projection.variant.type": "enum",
        "projection.variant.values": "champion,challenger",
        "projection.hour.type": "date",
        "projection.hour.format": "yyyy/MM/dd/HH",
        "projection.hour.range": "2026/01/01/00,NOW",
        "storage.location.template": f"{LOCATION}${{variant}}/${{hour}}",
    },
    "StorageDescriptor": {
        "Columns": [{"Name": "meta", "Type": "struct<askedat:string,count:int>"}],
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    },
}


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("champion/2026/11/29/05/a.jsonl", ("champion", "2026/11/29/05")),
        ("nobody/2026/11/29/05/a.jsonl", None),
        ("champion/2025/12/31/23/a.jsonl", None),  # before the range
        ("champion/2026/11/29/a.jsonl", None),
        ("champion/2026/13/29/05/a.jsonl", None),
    ],
)
def test_an_object_is_read_where_the_projection_looks(
    place: str, values: tuple[str, ...] | None
) -> None:
    assert partition_of(TABLE, f"{LOCATION}{place}") == values


def test_names_match_without_regard_to_case_and_texts_stay_texts(tmp_path: Path) -> None:
    body = json.dumps({"Meta": {"askedAt": "2026-11-29T05:00:00Z", "Count": 3}, "other": 1})
    file = tmp_path / "0.json"
    file.write_bytes(lower_case_names(body.encode()))
    table = relation(TABLE, [Part(str(file), ("champion", "2026/11/29/05"))])
    rows = duckdb.execute(
        f"SELECT meta.askedat, meta.count, variant, hour FROM {table}"  # noqa: S608 -- a test's
    ).fetchall()
    assert rows == [("2026-11-29T05:00:00Z", 3, "champion", "2026/11/29/05")]


def test_a_table_without_files_has_its_columns() -> None:
    table = relation(TABLE, [])
    query = f"SELECT meta.askedat, hour FROM {table}"  # noqa: S608 -- a test's
    assert duckdb.execute(query).fetchall() == []


def test_tables_by_folders_of_hive_are_left_to_ministack() -> None:
    without_template = {**TABLE, "Parameters": {"projection.enabled": "true"}}
    assert is_typed(TABLE)
    assert is_typed({**TABLE, "PartitionKeys": [], "Parameters": {}})
    assert not is_typed(without_template)


def test_a_type_without_a_reader_is_refused() -> None:
    assert duckdb_type("array<struct<a:int,b:array<double>>>") == "STRUCT(a INTEGER, b DOUBLE[])[]"
    with pytest.raises(NotImplementedError, match="map<string,int>"):
        duckdb_type("map<string,int>")
