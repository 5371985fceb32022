"""Iceberg tables as CreateTable makes them: a metadata file, and a table that points at it."""

import uuid
from typing import Any

from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import (
    BooleanType,
    DoubleType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from local.services.s3.uri import split_uri

_TYPES: dict[str, IcebergType] = {
    "boolean": BooleanType(),
    "double": DoubleType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "string": StringType(),
    "timestamp": TimestampType(),
}


def first_metadata(table_input: dict[str, Any], version: str = "2") -> tuple[str, str]:
    """Where the metadata of a new table lies, and its text.

    `table_input`: Glue's TableInput, whose columns are those of the table; it has no partitions.
    Raises KeyError for a type that Glue cannot turn into one of Iceberg here.
    """
    storage = table_input["StorageDescriptor"]
    location = storage["Location"].rstrip("/")
    fields = [
        NestedField(number, column["Name"], _TYPES[column["Type"]], required=False)
        for number, column in enumerate(storage["Columns"], start=1)
    ]
    metadata = new_table_metadata(
        Schema(*fields),
        UNPARTITIONED_PARTITION_SPEC,
        UNSORTED_SORT_ORDER,
        location,
        {"format-version": version},
    )
    path = f"{location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    return path, metadata.model_dump_json()


def create_table(s3: Any, glue: Any, database: str, table_input: dict[str, Any]) -> None:
    """Make an Iceberg table by boto3 clients whose own CreateTable knows no Iceberg."""
    location, metadata = first_metadata(table_input)
    bucket, key = split_uri(location)
    s3.put_object(Bucket=bucket, Key=key, Body=metadata.encode())
    parameters = {"table_type": "ICEBERG", "metadata_location": location}
    glue.create_table(DatabaseName=database, TableInput={**table_input, "Parameters": parameters})
