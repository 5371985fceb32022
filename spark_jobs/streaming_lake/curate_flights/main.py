"""Glue's entry to the job: arguments, a Spark session, one run, one line of JSON in the log."""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import boto3
from pyspark.sql import SparkSession

from curate_flights.curate import Settings, Summary, run
from curate_flights.lake import Lake
from curate_flights.quality import deployed_rules
from curate_flights.table import CuratedTable

log = logging.getLogger("curate_flights")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The job's arguments. Glue adds some of its own, which are left alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake_bucket", required=True)
    parser.add_argument("--database", required=True)
    # The job's `--conf` says what Spark's catalogue of this name is.
    parser.add_argument("--catalog", default="glue_catalog")
    parser.add_argument("--curated_table", default="flights_curated")
    parser.add_argument("--events_prefix", default="events/")
    parser.add_argument("--replayed_prefix", default="replayed/")
    parser.add_argument("--weather_prefix", default="weather/")
    parser.add_argument("--state_prefix", default="state/")
    parser.add_argument("--target_file_mebibytes", type=int, default=128)
    # For one run, by hand: events that nobody can correct, by their ids, with commas between.
    parser.add_argument("--leave_out", default="")
    return parser.parse_known_args(argv)[0]


def session(builder: SparkSession.Builder) -> SparkSession:
    """Spark as the job needs it: days are UTC days."""
    settings: dict[str, bool | float | int | str | None] = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "true",
    }
    return builder.appName("curate_flights").config(map=settings).getOrCreate()


def main(
    argv: Sequence[str],
    spark: SparkSession,
    clients: Callable[[str], Any] = boto3.client,  # type: ignore[assignment]  # of its overloads, the plain one
) -> Summary:
    """Run the job once with the arguments that Glue gives."""
    options = arguments(argv)
    lake = Lake(spark, clients("s3"), options.lake_bucket)
    table = CuratedTable(spark, f"{options.catalog}.{options.database}.{options.curated_table}")
    settings = Settings(
        events_prefix=options.events_prefix,
        replayed_prefix=options.replayed_prefix,
        weather_prefix=options.weather_prefix,
        state_prefix=options.state_prefix,
        target_file_mebibytes=options.target_file_mebibytes,
        rules=deployed_rules(),
        leave_out=frozenset(filter(None, options.leave_out.split(","))),
    )
    summary = run(lake, table, settings)
    log.info(json.dumps(asdict(summary)))
    return summary


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main(sys.argv[1:], session(SparkSession.builder))
