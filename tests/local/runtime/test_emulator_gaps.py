"""What ministack does not do, shown on an unchanged ministack: why services close its gaps.

A test that fails here is good news: ministack has closed a gap, and our change can go.
"""

import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local import local_aws
from local.demos import flights
from local.demos.streaming_lake.producer import Producer
from local.runtime.emulator import Emulator
from local.runtime.kept import provisioned_types
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.trimming import trim_assembly
from local.runtime.workspace import Workspace
from local.services.s3.objects import list_keys
from tests.local.cloudformation import create_stack, delete_stack
from tests.local.workflows import a_wait_of_two_seconds, large_result, run_workflow, seconds_of

pytestmark = pytest.mark.local

LINES = list(flights.lines(flights.flights(20)))
Unchanged = tuple[Emulator, dict[str, str]]


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unchanged]:
    """ministack with its gaps, and the lake deployed in it."""
    workspace = Workspace(tmp_path_factory.mktemp("unchanged"))
    try:
        steps = Steps(Console(quiet=True))
        synthesised = local_aws.synthesise(workspace, ["streaming-lake"], None, steps)
        # Neither what it cannot create, nor the functions that empty buckets.
        trim_assembly(synthesised.assembly, provisioned_types() - {"AWS::CloudWatch::Alarm"})
        running = local_aws.deploy(
            workspace, synthesised, steps, variables={"LOCAL_UNCHANGED": "1"}, serve=False
        )
        yield running.emulator, running.outputs["StreamingLake"]
    finally:
        stop(workspace)


def role_arn(running: Emulator, name_part: str) -> str:
    roles = running.client("iam").list_roles()["Roles"]
    return next(str(role["Arn"]) for role in roles if name_part in role["RoleName"])


def test_firehose_delivers_each_record_alone_and_keeps_no_source_backup(
    unchanged: Unchanged,
) -> None:
    running, outputs = unchanged
    producer = Producer(running.client("kinesis"), outputs["StreamName"], record_bytes=1_000)
    result = producer.send([*LINES, b"not json"])
    time.sleep(3)
    s3 = running.client("s3")

    def keys(bucket: str, prefix: str) -> list[str]:
        return list_keys(s3, outputs[bucket], prefix)

    assert len(keys("LakeBucketName", "events/")) >= result.records - 1
    assert keys("RawBucketName", "") == []


def test_the_description_of_a_delivery_stream_leaves_the_backup_out(unchanged: Unchanged) -> None:
    running, outputs = unchanged
    description = running.client("firehose").describe_delivery_stream(
        DeliveryStreamName=outputs["DeliveryStreamName"]
    )["DeliveryStreamDescription"]
    destination = description["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert destination["S3BackupMode"] == "Enabled"
    assert "S3BackupDescription" not in destination


def test_cloudformation_leaves_lifecycle_and_tags_of_buckets_out(unchanged: Unchanged) -> None:
    running, outputs = unchanged
    s3, bucket = running.client("s3"), outputs["LakeBucketName"]
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=bucket)


def test_the_same_bytes_under_kms_keep_their_etag(unchanged: Unchanged) -> None:
    running, outputs = unchanged
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": outputs["KeyArn"]}
    request = {"Bucket": outputs["LakeBucketName"], "Key": "twice", "Body": b"same"}
    etags = [running.client("s3").put_object(**request, **encrypted)["ETag"] for _ in range(2)]
    assert etags[0] == etags[1]


def test_cloudformation_refuses_types_and_deletes_full_buckets(unchanged: Unchanged) -> None:
    running, _ = unchanged
    budget = {"Budget": {"Type": "AWS::Budgets::Budget", "Properties": {}}}
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        create_stack(running, "refused", budget)
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}}
    assert create_stack(running, "full", {"Bucket": bucket}) == "CREATE_COMPLETE"
    running.client("s3").put_object(Bucket="full-bucket", Key="a", Body=b"b")
    assert delete_stack(running, "full") == "DELETE_COMPLETE"


def test_cloudformation_leaves_the_encryption_of_buckets_and_streams_out(
    unchanged: Unchanged,
) -> None:
    running, outputs = unchanged
    encryption = running.client("s3").get_bucket_encryption(Bucket=outputs["LakeBucketName"])
    (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    summary = running.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    assert summary["StreamDescriptionSummary"].get("EncryptionType", "NONE") == "NONE"


def test_athena_reads_files_that_no_partition_points_at(unchanged: Unchanged) -> None:
    running, outputs = unchanged
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
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    assert rows[-1]["Data"][0]["VarCharValue"] == "2"
    # The result is not at the location that the execution names.
    place = execution["ResultConfiguration"]["OutputLocation"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key=key)


def test_a_role_that_trusts_a_service_for_one_account_cannot_be_assumed(
    unchanged: Unchanged,
) -> None:
    running, _ = unchanged
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        running.assume(role_arn(running, "DeliveryRole"), "firehose")


def test_log_events_are_checked_on_the_group(unchanged: Unchanged) -> None:
    running, _ = unchanged
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


def test_there_is_no_sagemaker(unchanged: Unchanged) -> None:
    running, _ = unchanged
    with pytest.raises(ClientError):
        running.client("sagemaker-runtime").invoke_endpoint(EndpointName="any", Body=b"{}")


def test_there_are_no_service_quotas(unchanged: Unchanged) -> None:
    running, _ = unchanged
    with pytest.raises(ClientError):
        running.client("service-quotas").list_service_quotas(ServiceCode="sagemaker")


def test_policies_see_neither_namespaces_nor_vpc_endpoints(unchanged: Unchanged) -> None:
    running, outputs = unchanged
    iam = running.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    role = iam.create_role(
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
    session = running.assume(role["Role"]["Arn"], "test")
    with pytest.raises(ClientError, match="not authorized"):
        running.client("cloudwatch", session).put_metric_data(
            Namespace="Ours", MetricData=[{"MetricName": "m", "Value": 1}]
        )
    with pytest.raises(ClientError, match=r"not authorized|Access Denied|AccessDenied"):
        running.client("s3", session).list_objects_v2(Bucket=outputs["LakeBucketName"])


def test_a_distributed_map_in_jsonata_gets_no_items(unchanged: Unchanged) -> None:
    mapping = {
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
    _, execution = run_workflow(unchanged[0], "distributed", {"Map": mapping})
    assert json.loads(execution.get("output") or "null") != [{"number": 1}, {"number": 2}]


def test_a_failed_nested_execution_raises_the_error_of_its_own(unchanged: Unchanged) -> None:
    running, _ = unchanged
    failing = {"Type": "Fail", "Error": "Broken", "Cause": "as planned"}
    nested_arn, _ = run_workflow(running, "nested", {"Failed": failing})
    starting = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": nested_arn, "Input": {}},
        "End": True,
    }
    _, execution = run_workflow(running, "caller", {"Start": starting})
    # In AWS it is States.TaskFailed, and the cause describes the nested execution as JSON.
    assert (execution["error"], execution["cause"]) == ("Broken", "as planned")


def test_a_result_of_any_size_is_passed_on(unchanged: Unchanged) -> None:
    running, _ = unchanged
    _, execution = run_workflow(running, "large", large_result())
    assert (execution["status"], json.loads(execution["output"])) == ("SUCCEEDED", "large")


def test_a_wait_until_a_time_of_the_clock_is_shortened(unchanged: Unchanged) -> None:
    _, execution = run_workflow(unchanged[0], "timestamp", a_wait_of_two_seconds())
    assert seconds_of(execution) < 2
