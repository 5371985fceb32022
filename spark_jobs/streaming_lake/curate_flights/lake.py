"""The lake's files: read and written by Spark, listed and deleted through S3."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType


@dataclass(frozen=True)
class StoredObject:
    """An object of the lake's bucket."""

    key: str
    modified: datetime


class Lake:
    """One bucket, through Spark and a boto3 S3 client."""

    def __init__(self, spark: SparkSession, s3: Any, bucket: str) -> None:
        self.spark = spark
        self.s3 = s3
        self.bucket = bucket

    def objects(self, prefix: str, start_after: str = "") -> list[StoredObject]:
        """Every object below `prefix` whose key sorts behind `start_after`."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
        )
        return [
            StoredObject(entry["Key"], entry["LastModified"])
            for page in pages
            for entry in page.get("Contents", [])
        ]

    def read(self, schema: StructType, keys: Sequence[str]) -> DataFrame:
        """Parquet objects, or everything below keys that end in a slash, with just `schema`.

        No keys are no rows. Columns that a file lacks are null.
        """
        if not keys:
            return self.spark.createDataFrame([], schema)
        # The lookup is recursive so that folder names do not become columns.
        reader = self.spark.read.schema(schema).option("recursiveFileLookup", "true")
        return reader.parquet(*self.fetch(keys))

    def write(
        self, frame: DataFrame, prefix: str, partition_by: Sequence[str], rows_a_file: int
    ) -> None:
        """Add Parquet files below `prefix`, in a folder for each value of `partition_by`."""
        writer = frame.write.mode("append").option("maxRecordsPerFile", rows_a_file)
        writer.partitionBy(*partition_by).parquet(self.place(prefix))
        self.store(prefix)

    def fetch(self, keys: Iterable[str]) -> list[str]:
        """Where Spark finds `keys`. On AWS: in S3, where they are."""
        return [f"s3://{self.bucket}/{key}" for key in keys]

    def place(self, prefix: str) -> str:
        """Where Spark is to write what belongs below `prefix`."""
        return f"s3://{self.bucket}/{prefix}"

    def store(self, prefix: str) -> None:
        """Called after Spark has written below `prefix`. On AWS it does nothing."""

    def remembered(self, key: str) -> dict[str, Any] | None:
        """The JSON object at `key`, None if there is none."""
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.loads(body)
        return document

    def remember(self, key: str, document: dict[str, Any]) -> None:
        """Keep a JSON object at `key`."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(document).encode())

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; the bucket keeps their versions for a while."""
        for start in range(0, len(keys), 1000):
            chunk = [{"Key": key} for key in keys[start : start + 1000]]
            answer = self.s3.delete_objects(
                Bucket=self.bucket, Delete={"Objects": chunk, "Quiet": True}
            )
            if errors := answer.get("Errors"):
                raise RuntimeError(
                    f"S3 did not delete {len(errors)} objects, the first: {errors[0]}"
                )
