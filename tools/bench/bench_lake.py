"""A lake in memory, and the unchanged curation job on local Spark, for measurements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from moto import mock_aws
from pyspark.sql import SparkSession

from curate_flights.curate import Summary
from curate_flights.main import main, session
from local.services.glue.iceberg_metadata import create_table
from local.services.glue.spark_session import CATALOG, gateways, small_spark

_BUCKET, _DATABASE, _TABLE = "lake", "bench", "flights_curated"


@dataclass
class BenchLake:
    """Spark, and the S3 in which the lake lies."""

    spark: SparkSession
    s3: Any
    bytes_read: int = 0
    """Of objects below `curated/`, by Spark and the catalogue."""

    @property
    def table(self) -> str:
        """The curated table's name for Spark."""
        return f"{CATALOG}.{_DATABASE}.{_TABLE}"

    def put(self, key: str, frame: pd.DataFrame) -> None:
        """Write a Parquet object."""
        body = BytesIO()
        frame.to_parquet(body, index=False, coerce_timestamps="ms")
        self.s3.put_object(Bucket=_BUCKET, Key=key, Body=body.getvalue())

    def curate(self) -> Summary:
        """Run the job once."""
        return main(["--lake_bucket", _BUCKET, "--database", _DATABASE], self.spark)

    def table_files(self) -> tuple[int, int]:
        """The number and the bytes of the data files of the current snapshot."""
        sizes = self.spark.table(f"{self.table}.files").select("file_size_in_bytes").collect()
        return len(sizes), sum(row["file_size_in_bytes"] for row in sizes)

    def stored_bytes(self, prefix: str) -> int:
        """The bytes of all objects below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET, Prefix=prefix)
        return sum(entry["Size"] for page in pages for entry in page.get("Contents", []))

    def count_reads(self) -> None:
        """Add what is read below `curated/` to `bytes_read` from now on."""
        events = self.s3.meta.events
        key = "curate.key"
        events.register(
            "before-parameter-build.s3.GetObject",
            lambda params, context, **_: context.update({key: params["Key"]}),
        )

        def count(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            if context[key].startswith("curated/"):
                self.bytes_read += parsed.get("ContentLength", 0)

        events.register("after-call.s3.GetObject", count)


@contextmanager
def bench_lake(folder: Path) -> Iterator[BenchLake]:
    """An empty lake with an Iceberg table as CloudFormation makes it; `folder` is for Spark."""
    with mock_aws():
        s3, glue = boto3.client("s3"), boto3.client("glue")
        s3.create_bucket(Bucket=_BUCKET)
        glue.create_database(DatabaseInput={"Name": _DATABASE})
        columns = [
            {"Name": "event_id", "Type": "string"},
            {"Name": "scheduled_departure", "Type": "timestamp"},
        ]
        table_input: dict[str, Any] = {
            "Name": _TABLE,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {"Location": f"s3://{_BUCKET}/curated/", "Columns": columns},
        }
        create_table(s3, glue, _DATABASE, table_input)
        with gateways(s3, glue) as servers:
            builder = small_spark(folder).config("spark.driver.extraJavaOptions", "")
            for name, value in servers.settings(_BUCKET).items():
                builder = builder.config(name, value)
            spark = session(builder)
            spark.sparkContext.setLogLevel("ERROR")
            try:
                lake = BenchLake(spark, s3)
                lake.count_reads()
                yield lake
            finally:
                spark.stop()
