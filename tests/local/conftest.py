"""Deployments that tests share: a lake, a platform, and what tests ask of each."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from rich.console import Console

from local import local_aws
from local.demos.executions import execute
from local.demos.ml_platform import sample
from local.demos.streaming_lake.producer import Producer
from local.demos.verification import LocalAccount
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.workspace import Workspace
from local.services.firehose.delivery import Firehose
from local.services.s3.objects import list_keys

_DELIVERY_SECONDS, _ROLL_OUT_SECONDS = 30, 60


@dataclass
class DeployedLake:
    """A deployed lake, and what the tests ask of it."""

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
        return {
            key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for key in list_keys(s3, bucket, prefix)
        }

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
        """Empty the buckets, and make the Iceberg table anew, as CloudFormation made it."""
        s3 = self.emulator.client("s3")
        for output in ("LakeBucketName", "RawBucketName"):
            empty(s3, self.outputs[output])
        self.make_table_anew()

    def make_table_anew(self) -> None:
        """Drop the Iceberg table, and make it as CloudFormation made it."""
        glue = self.emulator.client("glue")
        database, name = self.outputs["DatabaseName"], self.outputs["CuratedTableName"]
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
        columns = [
            {"Name": "event_id", "Type": "string"},
            {"Name": "scheduled_departure", "Type": "timestamp"},
        ]
        glue.delete_table(DatabaseName=database, Name=name)
        glue.create_table(
            DatabaseName=database,
            OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}},
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Location": table["StorageDescriptor"]["Location"],
                    "Columns": columns,
                },
            },
        )


def empty(s3: Any, bucket: str, prefix: str = "") -> None:
    """Delete every version of every object below a prefix."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [
            {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
        ]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def deliver(firehose: Firehose, seconds: float = _DELIVERY_SECONDS) -> None:
    """Step until nothing is left to deliver. Fails when that takes too long."""
    deadline = time.monotonic() + seconds
    idle = 0
    while idle < 5:
        assert time.monotonic() < deadline, "the delivery does not come to an end"
        idle = 0 if firehose.step() or firehose.pending() else idle + 1
        time.sleep(0.02)


def policies_of(emulator: Emulator, name_part: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """The role whose name contains `name_part`, and its inline policies by name."""
    iam = emulator.client("iam")
    roles = iam.list_roles()["Roles"]
    role = next(role["RoleName"] for role in roles if name_part in role["RoleName"])
    documents = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        documents[name] = document if isinstance(document, dict) else json.loads(document)
    return role, documents


def statement_ids(emulator: Emulator, name_part: str) -> list[str]:
    """The ids of the statements of a role's inline policies, sorted."""
    _, documents = policies_of(emulator, name_part)
    return sorted(
        statement["Sid"] for document in documents.values() for statement in document["Statement"]
    )


@contextmanager
def without(emulator: Emulator, name_part: str, sid: str) -> Iterator[None]:
    """Remove one statement from a role's policy."""
    iam = emulator.client("iam")
    role, documents = policies_of(emulator, name_part)
    ((policy_name, document),) = (
        (name, document)
        for name, document in documents.items()
        if any(statement.get("Sid") == sid for statement in document["Statement"])
    )
    statements = [entry for entry in document["Statement"] if entry.get("Sid") != sid]

    def put(policy: dict[str, Any]) -> None:
        iam.put_role_policy(
            RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(policy)
        )

    if statements:
        put({**document, "Statement": statements})
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=policy_name)
    try:
        yield
    finally:
        put(document)


def denials(step_functions: Any, execution_arn: str) -> list[str]:
    """The causes of IAM in an execution's history, and in how it ended."""
    pages = step_functions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn
    )
    details = [
        event.get("taskFailedEventDetails") or event.get("executionFailedEventDetails") or {}
        for page in pages
        for event in page["events"]
    ]
    causes = [entry["cause"] for entry in details if "cause" in entry]
    return [cause for cause in causes if "is not authorized to perform: " in cause]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedLake]:
    """A local AWS with `StreamingLake` deployed, without a delivery process."""
    workspace = Workspace(tmp_path_factory.mktemp("lake"))
    # Short buffers: the tests wait for each.
    settings = {
        "streaming_lake.buffer_seconds": "0",
        "streaming_lake.transform_buffer_seconds": "0",
    }
    try:
        running = local_aws.start(workspace, ["streaming-lake"], settings, serve=False)
        yield DeployedLake(running.emulator, workspace, running.outputs["StreamingLake"])
    finally:
        stop(workspace)


@pytest.fixture
def lake(deployed: DeployedLake) -> DeployedLake:
    """The deployed lake, empty, everything on the stream delivered."""
    deliver(deployed.firehose())
    deployed.clear()
    return deployed


@pytest.fixture
def scratch(tmp_path: Path) -> Workspace:
    """A workspace of the test's own."""
    return Workspace(tmp_path / "local")


@dataclass
class Platform:
    """A deployed platform with a training set in its own bucket."""

    emulator: Emulator
    workspace: Workspace
    training: dict[str, str]
    endpoint: dict[str, str]

    def execute(self, machine: str, execution_input: dict[str, Any]) -> dict[str, Any]:
        """An execution that has ended, as DescribeExecution returns it."""
        return execute(self.emulator.client("stepfunctions"), machine, execution_input)

    def roll_outs(self) -> list[dict[str, Any]]:
        """The executions of the deployment workflow, newest first."""
        executions: list[dict[str, Any]] = self.emulator.client("stepfunctions").list_executions(
            stateMachineArn=self.endpoint["StateMachineArn"]
        )["executions"]
        return executions

    def wait_for_roll_outs(self, number: int = 1) -> None:
        """Return once approvals have started `number` roll-outs in all, and none runs."""
        deadline = time.monotonic() + _ROLL_OUT_SECONDS
        while True:
            executions = self.roll_outs()
            running = [entry for entry in executions if entry["status"] == "RUNNING"]
            if len(executions) >= number and not running:
                return
            assert time.monotonic() < deadline
            time.sleep(0.2)


@contextmanager
def running_platform(
    workspace: Workspace, *, raise_quotas: bool = True, changes: Mapping[str, str] | None = None
) -> Iterator[Platform]:
    """Deploy a platform with a training set; stop it afterwards.

    Without `raise_quotas` its account has those of a new one. `changes` are settings.
    """
    settings = {
        "ml_training.from_lake": "false",
        # Off in the demo: a pipeline of two containers, and a search for hyperparameters.
        "ml_endpoint.pipeline": "true",
        "ml_training.tuning_jobs": "2",
        # The quota that is asked for is of one instance, unless the setting `tune` is on.
        "ml_training.parallel_tuning_jobs": "1",
        "ml_endpoint.retrain_on_drift": "true",
        **(changes or {}),
    }
    try:
        running = local_aws.start(workspace, ["ml-platform"], settings, raise_quotas=raise_quotas)
        outputs = running.outputs
        # As `make produce` fills a platform without a lake.
        sample.fill(LocalAccount(running.emulator), outputs, Steps(Console(quiet=True)), 20_000)
        yield Platform(running.emulator, workspace, outputs["MlTraining"], outputs["MlEndpoint"])
    finally:
        stop(workspace)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform that tests share."""
    with running_platform(Workspace(tmp_path_factory.mktemp("platform"))) as shared:
        yield shared


@pytest.fixture(scope="session")
def trained(platform: Platform) -> dict[str, Any]:
    """The first training, whose model was registered and rolled out."""
    execution = platform.execute(platform.training["StateMachineArn"], {})
    platform.wait_for_roll_outs()
    return execution
