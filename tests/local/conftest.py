"""One embedded AWS with a lake and one with the ML platform, shared by the tests that need them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from local.demos.ml_platform import training_set
from local.demos.streaming_lake.producer import Producer
from local.runtime import deployment, emulator
from local.runtime.emulator import Emulator
from local.runtime.workspace import Workspace
from local.services.firehose.delivery import Firehose


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


def policy_of(emulator: Emulator, part: str) -> tuple[str, str, dict[str, Any]]:
    """The role whose name holds `part`, its inline policy's name, and the policy."""
    iam = emulator.client("iam")
    role = next(r["RoleName"] for r in iam.list_roles()["Roles"] if part in r["RoleName"])
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return role, name, document if isinstance(document, dict) else json.loads(document)


@contextmanager
def without(emulator: Emulator, part: str, sid: str) -> Iterator[None]:
    """A role with one statement less."""
    iam = emulator.client("iam")
    role, name, document = policy_of(emulator, part)
    statements = [each for each in document["Statement"] if each.get("Sid") != sid]
    assert len(statements) == len(document["Statement"]) - 1, f"no statement {sid} in {role}"
    less = {**document, "Statement": statements}
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


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


@dataclass
class Platform:
    """A deployed platform with a training set in its own bucket."""

    emulator: Emulator
    training: dict[str, str]
    endpoint: dict[str, str]

    def execute(self, machine: str, given: dict[str, Any]) -> dict[str, Any]:
        """What an execution ended with."""
        states = self.emulator.client("stepfunctions")
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))
        while True:
            found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.2)

    def wait_for_roll_outs(self) -> None:
        """Return when what approvals have started is over, and something was."""
        states, machine = self.emulator.client("stepfunctions"), self.endpoint["StateMachineArn"]
        deadline = time.monotonic() + 60
        while True:
            found = states.list_executions(stateMachineArn=machine)["executions"]
            if found and all(each["status"] != "RUNNING" for each in found):
                return
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    workspace = Workspace(tmp_path_factory.mktemp("platform"))
    try:
        running = emulator.start(workspace, [])
        cli = deployment.CdkCli(running, workspace)
        # What the demo leaves out: a pipeline of two containers, and a search for hyperparameters.
        settings = {"ml_endpoint.pipeline": "true", "ml_training.tuning_jobs": "2"}
        settings |= {"ml_endpoint.drift_minimum_flights": "50"}
        settings |= {"ml_endpoint.retrain_on_drift": "true"}
        deployment.synthesise(cli, workspace, {"ml_training.from_lake": "false", **settings})
        deployment.bootstrap(cli, running)
        outputs = deployment.deploy(cli, workspace, ["MlNetwork", "MlTraining", "MlEndpoint"])
        emulator.serve_sagemaker(workspace, running)
        folder = workspace.scratch / "set"
        training_set.write(folder, 6_000)
        for file in folder.rglob("part-0"):
            key = f"training/{file.relative_to(folder)}"
            bucket = outputs["MlTraining"]["BucketName"]
            running.client("s3").upload_file(str(file), bucket, key)
        yield Platform(running, outputs["MlTraining"], outputs["MlEndpoint"])
    finally:
        emulator.stop(workspace)


@pytest.fixture(scope="session")
def trained(platform: Platform) -> dict[str, Any]:
    """The first training, which the set of January passes, and which has been rolled out."""
    done = platform.execute(platform.training["StateMachineArn"], {})
    platform.wait_for_roll_outs()
    return done
