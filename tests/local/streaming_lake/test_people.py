"""Whoever holds a handed-out policy does that work in the deployed lake, and no other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demos import flights
from local.demos.streaming_lake.producer import Producer
from tests.local.conftest import DeployedLake, deliver

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

LINES = list(flights.lines(flights.flights(5)))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}


def session_of(lake: DeployedLake, person: str) -> Any:
    """The session of somebody who has nothing but the policy of `person`."""
    iam = lake.emulator.client("iam")
    role = iam.create_role(
        RoleName=f"{person}-{len(iam.list_roles()['Roles'])}",
        AssumeRolePolicyDocument=json.dumps(TRUST),
    )["Role"]
    policy = lake.outputs[f"{person}PolicyArn"]
    iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=policy)
    return lake.emulator.assume(role["Arn"], "alice")


def client_of(lake: DeployedLake, person: str) -> Callable[[str], Any]:
    """That person's clients."""
    session = session_of(lake, person)
    return lambda service: lake.emulator.client(service, session)


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether IAM denies a call."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return "AccessDenied" in error.value.response["Error"]["Code"]


def test_a_producer_sends_events_and_reads_nothing(lake: DeployedLake) -> None:
    client = client_of(lake, "Producer")
    stream = lake.outputs["StreamName"]
    assert Producer(client("kinesis"), stream).send(LINES).lines == len(LINES)
    deliver(lake.firehose())
    assert len(lake.event_ids()) == len(LINES)
    shard = lake.emulator.client("kinesis").list_shards(StreamName=stream)["Shards"][0]
    assert refused(
        client("kinesis").get_shard_iterator,
        StreamName=stream,
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )
    assert refused(client("s3").list_objects_v2, Bucket=lake.outputs["LakeBucketName"])


def test_an_analyst_asks_in_the_work_group_and_writes_nothing_else(lake: DeployedLake) -> None:
    client = client_of(lake, "Analyst")
    bucket, results = lake.outputs["LakeBucketName"], lake.outputs["ResultsBucketName"]
    started = client("athena").start_query_execution(
        QueryString="SELECT 1 AS one",
        QueryExecutionContext={"Database": lake.outputs["DatabaseName"]},
        WorkGroup=lake.outputs["WorkGroupName"],
    )
    execution = client("athena").get_query_execution(QueryExecutionId=started["QueryExecutionId"])
    location = execution["QueryExecution"]["ResultConfiguration"]["OutputLocation"]
    assert location.startswith(f"s3://{results}/")
    client("s3").put_object(Bucket=results, Key="athena-results/of-a-driver.csv", Body=b"1")
    assert refused(client("s3").put_object, Bucket=bucket, Key="curated/one", Body=b"1")
    assert refused(client("s3").get_object, Bucket=bucket, Key="rejected/one")
    assert refused(
        client("kinesis").put_record,
        StreamName=lake.outputs["StreamName"],
        PartitionKey="a",
        Data=LINES[0],
    )


def test_a_steward_sees_what_was_refused_and_loads_weather(lake: DeployedLake) -> None:
    lake.send([b"not json"])
    deliver(lake.firehose())
    (key,) = lake.bodies("rejected/")
    s3, bucket = client_of(lake, "Steward")("s3"), lake.outputs["LakeBucketName"]
    assert b"not json" in s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key="weather/month=2026-11/weather.parquet", Body=b"1")
    assert refused(s3.put_object, Bucket=bucket, Key="curated/one", Body=b"1")
    assert refused(s3.delete_object, Bucket=bucket, Key=key)
