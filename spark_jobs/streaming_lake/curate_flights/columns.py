"""Spark's types for the columns of the JSON Schemas."""

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    StringType,
    StructField,
    StructType,
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


def spark_schema(name: str) -> StructType:
    """The columns of `schemas/<name>.schema.json`, in its order; files may lack any of them."""
    return StructType(
        [StructField(column.name, _TYPES[column.kind]) for column in schemas.columns(name)]
    )


# As Firehose delivers them: the event, and when it arrived.
EVENTS = StructType([*spark_schema("flight_event"), StructField("arrived_at", TimestampType())])
WEATHER = spark_schema("hourly_weather")
CURATED = spark_schema("curated_flight")
EVENT_ID = StructType([CURATED["event_id"]])
