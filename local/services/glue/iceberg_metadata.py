"""The metadata file of an Iceberg table that CreateTable makes."""

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
