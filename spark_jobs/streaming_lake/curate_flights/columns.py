"""Spark's types for the columns of the JSON Schemas."""

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
)

import schemas

_TYPES: dict[schemas.Kind, DataType] = {
    "string": StringType(),
    "integer": IntegerType(),
    "number": DoubleType(),
    "boolean": BooleanType(),
    "timestamp": TimestampType(),
}
# Iceberg's `timestamp`, Athena's timestamp(6). All times here are UTC.
_ICEBERG_TYPES = _TYPES | {"timestamp": TimestampNTZType()}


def spark_schema(name: str, types: dict[schemas.Kind, DataType] = _TYPES) -> StructType:
    """The columns of `schemas/<name>.schema.json`, in its order; files may lack any of them."""
    return StructType(
        [
            StructField(column.name, types[column.kind], metadata={"comment": column.description})
            for column in schemas.columns(name)
        ]
    )


# As Firehose delivers them: the event, and when it arrived.
EVENTS = StructType([*spark_schema("flight_event"), StructField("arrived_at", TimestampType())])
WEATHER = spark_schema("hourly_weather")
CURATED = spark_schema("curated_flight", _ICEBERG_TYPES)
