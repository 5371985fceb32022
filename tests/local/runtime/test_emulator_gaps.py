"""What ministack does not do, shown on it as it is: why `ministack_server.py` mends it.

A test that fails here is good news: a gap has closed, and its mend can go.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demos import flights
from local.demos.streaming_lake.producer import Producer
from local.runtime import deployment, emulator
from local.runtime.emulator import Emulator
from local.runtime.workspace import Workspace

pytestmark = pytest.mark.sandbox

LINES = list(flights.lines(flights.flights(20)))
Unmended = tuple[Emulator, dict[str, str]]


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unmended]:
    """ministack without the mends, and the lake in it."""
    workspace = Workspace(tmp_path_factory.mktemp("unmended"))
    try:
        running = emulator.start(workspace, [], mended=False)
        cli = deployment.CdkCli(running, workspace)
        deployment.synthesise(cli, workspace)
        deployment.bootstrap(cli, running)
        yield running, deployment.deploy(cli, workspace, ["StreamingLake"])["StreamingLake"]
    finally:
        emulator.stop(workspace)


def role(running: Emulator, part: str) -> dict[str, Any]:
    roles = running.client("iam").list_roles()["Roles"]
    found: dict[str, Any] = next(each for each in roles if part in each["RoleName"])
    return found


def test_firehose_delivers_each_record_alone_and_keeps_no_source_backup(
    unmended: Unmended,
) -> None:
    running, outputs = unmended
    producer = Producer(running.client("kinesis"), outputs["StreamName"], record_bytes=1_000)
    sent = producer.send([*LINES, b"not json"])
    time.sleep(3)
    s3 = running.client("s3")

    def keys(bucket: str, prefix: str) -> list[str]:
        listed = s3.list_objects_v2(Bucket=outputs[bucket], Prefix=prefix)
        return [found["Key"] for found in listed.get("Contents", [])]

    assert len(keys("LakeBucketName", "events/")) >= sent.records - 1
    assert keys("RawBucketName", "") == []


def test_the_description_of_a_delivery_stream_leaves_the_backup_out(unmended: Unmended) -> None:
    running, outputs = unmended
    description = running.client("firehose").describe_delivery_stream(
        DeliveryStreamName=outputs["DeliveryStreamName"]
    )["DeliveryStreamDescription"]
    destination = description["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert destination["S3BackupMode"] == "Enabled"
    assert "S3BackupDescription" not in destination


def test_cloudformation_leaves_the_encryption_of_buckets_and_streams_out(
    unmended: Unmended,
) -> None:
    running, outputs = unmended
    encryption = running.client("s3").get_bucket_encryption(Bucket=outputs["LakeBucketName"])
    (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    summary = running.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    assert summary["StreamDescriptionSummary"].get("EncryptionType", "NONE") == "NONE"


def test_athena_reads_files_that_no_partition_points_at(unmended: Unmended) -> None:
    running, outputs = unmended
    s3, glue = running.client("s3"), running.client("glue")
    body = b'{"x": 1}\n'
    for folder in ("old", "new"):
        key = f"gap/day=1/{folder}/a.json"
        s3.put_object(Bucket=outputs["LakeBucketName"], Key=key, Body=body)
    location = f"s3://{outputs['LakeBucketName']}/gap/"
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    storage = {"Columns": [{"Name": "x", "Type": "int"}], "SerdeInfo": serde}
    storage |= {"InputFormat": "org.apache.hadoop.mapred.TextInputFormat"}
    glue.create_table(
        DatabaseName=outputs["DatabaseName"],
        TableInput={
            "Name": "gap",
            "StorageDescriptor": {**storage, "Location": location},
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
        },
    )
    glue.create_partition(
        DatabaseName=outputs["DatabaseName"],
        TableName="gap",
        PartitionInput={
            "Values": ["1"],
            "StorageDescriptor": {**storage, "Location": f"{location}day=1/new/"},
        },
    )
    athena = running.client("athena")
    query = athena.start_query_execution(
        QueryString="SELECT count(*) AS n FROM gap",
        QueryExecutionContext={"Database": outputs["DatabaseName"]},
        WorkGroup=outputs["WorkGroupName"],
    )["QueryExecutionId"]
    time.sleep(2)
    execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED"
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    assert rows[-1]["Data"][0]["VarCharValue"] == "2"
    # And the result is not where the execution says it is.
    place = execution["ResultConfiguration"]["OutputLocation"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key=key)


def test_a_role_that_trusts_a_service_for_one_account_cannot_be_assumed(
    unmended: Unmended,
) -> None:
    running, _ = unmended
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        running.assume(role(running, "DeliveryRole")["Arn"], "firehose")


def test_log_events_are_checked_on_the_group(unmended: Unmended) -> None:
    running, _ = unmended
    iam, logs = running.client("iam"), running.client("logs")
    logs.create_log_group(logGroupName="gap")
    logs.create_log_stream(logGroupName="gap", logStreamName="s")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    arn = iam.create_role(
        RoleName="gap", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    allow = {
        "Effect": "Allow",
        "Action": "logs:PutLogEvents",
        "Resource": "arn:aws:logs:*:*:log-group:gap:log-stream:s",
    }
    iam.put_role_policy(
        RoleName="gap", PolicyName="p", PolicyDocument=json.dumps({"Statement": [allow]})
    )
    event = {"timestamp": int(time.time() * 1000), "message": "m"}
    with pytest.raises(ClientError, match="logs:PutLogEvents"):
        running.client("logs", running.assume(arn, "gap")).put_log_events(
            logGroupName="gap", logStreamName="s", logEvents=[event]
        )


def test_there_is_no_sagemaker(unmended: Unmended) -> None:
    running, _ = unmended
    with pytest.raises(ClientError):
        running.client("sagemaker-runtime").invoke_endpoint(EndpointName="any", Body=b"{}")


def test_policies_hear_neither_of_namespaces_nor_of_vpc_endpoints(unmended: Unmended) -> None:
    running, outputs = unmended
    iam = running.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    made = iam.create_role(
        RoleName="conditioned", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    conditions = {
        "cloudwatch:PutMetricData": {"StringEquals": {"cloudwatch:namespace": "Ours"}},
        "s3:ListBucket": {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
        for action, condition in conditions.items()
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="conditioned", PolicyName="p", PolicyDocument=document)
    session = running.assume(made["Role"]["Arn"], "test")
    with pytest.raises(ClientError, match="not authorized"):
        running.client("cloudwatch", session).put_metric_data(
            Namespace="Ours", MetricData=[{"MetricName": "m", "Value": 1}]
        )
    with pytest.raises(ClientError, match=r"not authorized|Access Denied|AccessDenied"):
        running.client("s3", session).list_objects_v2(Bucket=outputs["LakeBucketName"])


def test_a_distributed_map_in_jsonata_gets_no_items(unmended: Unmended) -> None:
    running, _ = unmended
    client = running.client("stepfunctions")
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Map",
        "States": {
            "Map": {
                "Type": "Map",
                "Items": "{% [1, 2] %}",
                "ItemSelector": {"number": "{% $states.context.Map.Item.Value %}"},
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Same",
                    "States": {"Same": {"Type": "Pass", "End": True}},
                },
                "End": True,
            }
        },
    }
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}
    workflows = running.client("iam").create_role(
        RoleName="workflows", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    arn = client.create_state_machine(
        name="distributed", definition=json.dumps(machine), roleArn=workflows
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    while (told := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert json.loads(told.get("output") or "null") != [{"number": 1}, {"number": 2}]
