"""One embedded AWS with one deployed lake, shared by the tests that need it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from sandbox import deployment, emulator
from sandbox.emulator import Emulator
from sandbox.firehose import Firehose
from sandbox.producer import Producer
from sandbox.workspace import Workspace


@dataclass
class DeployedLake:
    """A lake in the embedded AWS, with what the tests ask of it."""

    emulator: Emulator
    workspace: Workspace
    outputs: dict[str, str]

    def firehose(self, checkpoint: str = "test") -> Firehose:
        """The delivery stream, to be driven step by step."""
        description = self.emulator.client("firehose").describe_delivery_stream(
            DeliveryStreamName=self.outputs["DeliveryStreamName"]
        )["DeliveryStreamDescription"]
        path = self.workspace.folder / f"checkpoint-{checkpoint}.json"
        return Firehose(self.emulator, description, path)

    def send(self, lines: list[bytes], **options: Any) -> None:
        """Put lines on the stream."""
        kinesis = self.emulator.client("kinesis")
        Producer(kinesis, self.outputs["StreamName"], **options).send(lines)

    def bodies(self, prefix: str, output: str = "LakeBucketName") -> dict[str, bytes]:
        """Every object below a prefix of the lake (or raw) bucket."""
        s3, bucket = self.emulator.client("s3"), self.outputs[output]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def event_ids(self) -> list[str]:
        """The ids of all delivered events, as often as they were delivered."""
        ids: list[str] = []
        for body in self.bodies("events/").values():
            ids += parquet.read_table(BytesIO(body)).column("event_id").to_pylist()
        return ids

    def rejected(self) -> list[dict[str, Any]]:
        """Every rejected line's document."""
        return [
            json.loads(line)
            for body in self.bodies("rejected/").values()
            for line in body.splitlines()
        ]

    def clear(self) -> None:
        """Empty the buckets, and skip what is still on the stream."""
        s3 = self.emulator.client("s3")
        for output in ("LakeBucketName", "RawBucketName"):
            deployment.empty(s3, self.outputs[output])


def deliver(firehose: Firehose, seconds: float = 30) -> None:
    """Step until nothing is left to do. Fails when that takes too long."""
    deadline = time.monotonic() + seconds
    idle = 0
    while idle < 5:
        assert time.monotonic() < deadline, "the delivery does not come to an end"
        idle = 0 if firehose.step() or firehose.pending() else idle + 1
        time.sleep(0.02)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedLake]:
    """An embedded AWS with `StreamingLake` deployed by the CDK CLI, IAM enforced."""
    workspace = Workspace(tmp_path_factory.mktemp("sandbox"))
    try:
        running = emulator.start(workspace, ["streaming-lake"])
        cli = deployment.CdkCli(running, workspace)
        # Short buffers: the tests wait for each.
        deployment.synthesise(
            cli,
            workspace,
            {"streaming_lake.buffer_seconds": "0", "streaming_lake.transform_buffer_seconds": "0"},
        )
        deployment.bootstrap(cli, running)
        outputs = deployment.deploy(cli, workspace, ["StreamingLake"])
        yield DeployedLake(running, workspace, outputs["StreamingLake"])
    finally:
        emulator.stop(workspace)


@pytest.fixture
def lake(deployed: DeployedLake) -> DeployedLake:
    """The deployed lake, empty, everything on the stream delivered."""
    deliver(deployed.firehose())
    deployed.clear()
    return deployed


@pytest.fixture
def scratch(tmp_path: Path) -> Workspace:
    """A workspace of the test's own."""
    return Workspace(tmp_path / "sandbox")
