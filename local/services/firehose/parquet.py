"""Newline-delimited JSON to Parquet by the columns of a Glue table, as Firehose converts it."""

from io import BytesIO
from typing import Any

import pyarrow as pa
from pyarrow import json as pa_json
from pyarrow import parquet

_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ms"),
}


class ConversionError(ValueError):
    """Lines that do not fit the table's columns."""


def to_parquet(lines: bytes, columns: list[dict[str, Any]]) -> bytes:
    """Snappy Parquet with `columns` (Name, Type as the Glue table has them).

    Fields without a column are dropped. Raises ConversionError.
    """
    schema = pa.schema([(column["Name"], _TYPES[column["Type"]]) for column in columns])
    options = pa_json.ParseOptions(
        explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="ignore"
    )
    try:
        table = pa_json.read_json(BytesIO(lines), parse_options=options)
    except pa.ArrowInvalid as error:
        raise ConversionError(str(error)) from error
    out = BytesIO()
    parquet.write_table(
        table.select(schema.names),
        out,
        compression="snappy",
        # The only form of timestamp of Hive's writer, which Firehose uses.
        use_deprecated_int96_timestamps=True,
    )
    return out.getvalue()
