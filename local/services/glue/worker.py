"""The process in which a Glue job's script runs.

`python -m local.services.glue.worker SCRIPT FOLDER ...`

Prints the job's summary as one line of JSON.
"""

import json
import runpy
import sys
from dataclasses import asdict
from pathlib import Path

from pyspark.sql import SparkSession

from local.services.glue.mirrored_lake import MirroredLake


def run_script(script: Path, folder: Path, arguments: list[str]) -> str:
    """Run the script's `main` on a small local Spark, data files mirrored below `folder`."""
    job = runpy.run_path(str(script))
    MirroredLake.mirror = folder / "mirror"
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.local.dir", str(folder))
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.memory", "2g")
    )
    spark = job["session"](builder)
    try:
        summary = job["main"](arguments, spark, lake_class=MirroredLake)
    finally:
        spark.stop()
    return json.dumps(asdict(summary))


if __name__ == "__main__":
    print(run_script(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))  # noqa: T201 -- the answer
