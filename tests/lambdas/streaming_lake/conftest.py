import importlib
from collections.abc import Iterator
from types import ModuleType

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_s3 import S3Client

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
    "REJECTED_BUCKET": "lake",
    "REJECTED_PREFIX": "rejected/",
    "RAW_BUCKET": "raw",
    "RAW_PREFIX": "flights/",
    "LAKE_BUCKET": "lake",
    "REPLAYED_PREFIX": "replayed/",
    "POWERTOOLS_SERVICE_NAME": "transform_flight_events",
    "POWERTOOLS_METRICS_NAMESPACE": "StreamingLake",
}


@pytest.fixture(scope="session")
def handler_module() -> Iterator[ModuleType]:
    """The handler reads its environment when it is imported, as it does on Lambda."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield importlib.import_module("lambdas.streaming_lake.transform_flight_events.handler")


@pytest.fixture(scope="session")
def replay_module(handler_module: ModuleType) -> ModuleType:
    """The handler of replays; they write rejected lines below the same prefix here."""
    environment = pytest.MonkeyPatch()
    for name, value in ENVIRONMENT.items():
        environment.setenv(name, value)
    try:
        return importlib.import_module(f"{handler_module.__package__}.replay.handler")
    finally:
        environment.undo()


@pytest.fixture
def aws(handler_module: ModuleType) -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> S3Client:
    """A versioned lake bucket, as the stack makes it."""
    client = boto3.client("s3")
    client.create_bucket(
        Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    client.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def kinesis(aws: None) -> KinesisClient:
    client = boto3.client("kinesis")
    client.create_stream(StreamName="events", ShardCount=1)
    return client
