"""The process in which a Glue job's script runs.

`python -m local.services.glue.worker SCRIPT FOLDER ...`

Prints the job's summary as one line of JSON.
"""

import json
import runpy
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import boto3

from local.services.glue.spark_session import CATALOG, end, gateways, small_spark

_NONE: Mapping[str, str] = {}


def run_script(
    script: Path, folder: Path, arguments: list[str], spark_settings: Mapping[str, str] = _NONE
) -> str:
    """Run the script's `main` on a small local Spark, under the credentials of the environment.

    `spark_settings` go before all others.
    """
    job = runpy.run_path(str(script))
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    with gateways(boto3.client("s3"), boto3.client("glue")) as servers:
        builder = small_spark(folder)
        for setting in options.get("--conf", "").split(" --conf "):
            name, _, value = setting.partition("=")
            # The catalogue of the job's table is Glue's, here too, by way of a gateway.
            if name and not name.startswith(f"spark.sql.catalog.{CATALOG}"):
                builder = builder.config(name, value)
        for name, value in {
            **servers.settings(options["--lake_bucket"]),
            **spark_settings,
        }.items():
            builder = builder.config(name, value)
        spark = job["session"](builder)
        try:
            summary = job["main"](arguments, spark)
        finally:
            end(spark)
    return json.dumps(asdict(summary))


if __name__ == "__main__":
    print(run_script(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))  # noqa: T201 -- the answer
