"""A Java that runs of Glue jobs use one after the other: what is kept of a run, and what is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.runtime.workspace import Workspace
from local.services.glue.warm_java import java_processes, warm_java
from repository import ROOT

# A run that reads the one object of a bucket, whose name is the same in each run.
_RUN = """
import sys
from pathlib import Path
import boto3
from moto import mock_aws
from local.services.glue.spark_session import end, gateways, small_spark
with mock_aws():
    s3, glue = (boto3.client(name, region_name="us-east-1") for name in ("s3", "glue"))
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="line.txt", Body=sys.argv[1].encode())
    with gateways(s3, glue) as servers:
        builder = small_spark(Path(sys.argv[2]))
        for name, value in servers.settings("lake").items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        assert not spark.catalog.listTables()
        frame = spark.read.text("s3://lake/line.txt")
        frame.createOrReplaceTempView("lines")
        print(frame.first()["value"])
        end(spark)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("java"))
    workspace.logs.mkdir()
    yield workspace
    for process in java_processes(workspace):
        process.kill()


def read(variables: dict[str, str], line: str, folder: Path) -> str:
    process = subprocess.run(
        [sys.executable, "-c", _RUN, line, str(folder)],
        cwd=ROOT, env={**os.environ, **variables, "AWS_ACCESS_KEY_ID": "a",
                       "AWS_SECRET_ACCESS_KEY": "b"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_the_next_run_has_the_same_java_and_reads_its_own_bucket(
    workspace: Workspace, tmp_path: Path
) -> None:
    java_ids = set()
    for line in ("first", "second"):
        with warm_java(workspace) as variables:
            assert read(variables, line, tmp_path) == line
            java_ids |= {process.pid for process in java_processes(workspace)}
    assert len(java_ids) == 1


def test_two_runs_at_once_have_a_java_each(workspace: Workspace) -> None:
    with warm_java(workspace) as first, ThreadPoolExecutor(1) as pool:

        def second() -> dict[str, str]:
            with warm_java(workspace) as variables:
                return variables

        assert pool.submit(second).result() != first


def fail(workspace: Workspace) -> None:
    with warm_java(workspace):
        raise RuntimeError


def test_a_java_whose_run_failed_ends(workspace: Workspace) -> None:
    before = {process.pid for process in java_processes(workspace)}
    with pytest.raises(RuntimeError):
        fail(workspace)
    assert {process.pid for process in java_processes(workspace)} < before
