"""The lake's bucket: files through Spark, listings and the job's state through S3."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql.types import StructType

# Formats in which the transform writes times: seconds, and microseconds for a replay's arrival.
_TIMESTAMPS = "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX"


@dataclass(frozen=True)
class Lake:
    """One bucket, through Spark and a boto3 S3 client."""

    spark: SparkSession
    s3: Any
    bucket: str

    def objects(self, prefix: str) -> dict[str, str]:
        """The ETag of every object below `prefix`, by key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}

    def read(self, schema: StructType, keys: Sequence[str]) -> DataFrame:
        """Parquet objects, with just the columns of `schema`: no keys are no rows.

        Columns that a file lacks are null.
        """
        if not keys:
            return self.spark.createDataFrame([], schema)
        return self._reader(schema).parquet(*self._uris(keys))

    def read_lines(self, schema: StructType, keys: Sequence[str]) -> DataFrame:
        """Compressed objects of JSON lines, likewise. A line that does not fit fails the run."""
        if not keys:
            return self.spark.createDataFrame([], schema)
        # Spark's default would make a row of nulls of it.
        options = {"mode": "FAILFAST", "timestampFormat": _TIMESTAMPS}
        return self._reader(schema).options(**options).json(self._uris(keys))

    def _reader(self, schema: StructType) -> DataFrameReader:
        # The lookup is recursive so that folder names do not become columns.
        return self.spark.read.schema(schema).option("recursiveFileLookup", "true")

    def _uris(self, keys: Sequence[str]) -> list[str]:
        return [f"s3://{self.bucket}/{key}" for key in keys]

    def remembered(self, key: str) -> dict[str, Any]:
        """The JSON object that was kept at `key`; empty if none was."""
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return {}
        document: dict[str, Any] = json.loads(gzip.decompress(body))
        return document

    def remember(self, key: str, document: dict[str, Any]) -> None:
        """Keep a JSON object at `key`."""
        body = gzip.compress(json.dumps(document).encode())
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
