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
from local.services.glue.spark_session import gateways, small_spark

_BUCKET, _DATABASE, _TABLE = "lake", "bench", "flights_curated"


@dataclass(frozen=True)
class BenchLake:
    """Spark, and the S3 in which the lake lies."""

    spark: SparkSession
    s3: Any

    def put(self, key: str, frame: pd.DataFrame) -> None:
        """Write a Parquet object."""
        body = BytesIO()
        frame.to_parquet(body, index=False, coerce_timestamps="ms")
        self.s3.put_object(Bucket=_BUCKET, Key=key, Body=body.getvalue())

    def curate(self) -> Summary:
        """Run the job once."""
        return main(["--lake_bucket", _BUCKET, "--database", _DATABASE], self.spark)


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
                yield BenchLake(spark, s3)
            finally:
                spark.stop()
