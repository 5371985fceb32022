"""Maintains and reads an Iceberg table with a small Spark, under the environment's credentials.

`python -m local.demos.streaming_lake.spark_client BUCKET DATABASE TABLE FOLDER` writes
`FOLDER/rows.parquet`. With `compact` or `expire` behind it, it does to the table what Glue's
optimizer of that kind does, and reads nothing.
"""

import sys
from pathlib import Path

import boto3

from local.services.glue.spark_session import CATALOG, end, gateways, small_spark

_MAINTENANCE = {
    "compact": "rewrite_data_files(table => '{}', options => map('rewrite-all', 'true'))",
    "expire": "expire_snapshots(table => '{}', older_than => timestamp '2100-01-01 00:00:00',"
    " retain_last => 1)",
}


def work(bucket: str, name: str, folder: Path, maintenance: str | None) -> None:
    """Maintain the table `<database>.<table>`, which lies in `bucket`, or write all its rows."""
    with gateways(boto3.client("s3"), boto3.client("glue")) as servers:
        builder = small_spark(folder)
        builder = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true")
        for setting, value in servers.settings(bucket).items():
            builder = builder.config(setting, value)
        spark = builder.getOrCreate()
        try:
            if maintenance:
                spark.sql(f"CALL {CATALOG}.system.{_MAINTENANCE[maintenance].format(name)}")
            else:
                rows = spark.table(f"{CATALOG}.{name}").toPandas()
                rows.to_parquet(folder / "rows.parquet", index=False)
        finally:
            end(spark)


if __name__ == "__main__":
    _, bucket, database, name, folder, *options = sys.argv
    work(bucket, f"{database}.{name}", Path(folder), options[0] if options else None)
