"""Reads an Iceberg table with a small Spark, under the credentials of the environment.

`python -m local.demos.streaming_lake.spark_reader BUCKET DATABASE TABLE FOLDER` writes
`FOLDER/rows.parquet`.
"""

import sys
from pathlib import Path

import boto3

from local.services.glue.spark_session import CATALOG, gateways, small_spark


def read(bucket: str, database: str, name: str, folder: Path) -> None:
    """Write all rows of a table that lies in `bucket`."""
    with gateways(boto3.client("s3"), boto3.client("glue")) as servers:
        builder = small_spark(folder)
        builder = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true")
        for setting, value in servers.settings(bucket).items():
            builder = builder.config(setting, value)
        spark = builder.getOrCreate()
        try:
            rows = spark.table(f"{CATALOG}.{database}.{name}").toPandas()
        finally:
            spark.stop()
    rows.to_parquet(folder / "rows.parquet", index=False)


if __name__ == "__main__":
    _, bucket, database, name, folder = sys.argv
    read(bucket, database, name, Path(folder))
