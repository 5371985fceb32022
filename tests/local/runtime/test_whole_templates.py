"""Templates reach the local AWS whole: what it lacks is kept, and what it has takes effect."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from local.runtime.kept import provisioned_types
from local.runtime.workspace import Workspace
from local.services.cloudformation.kept_resources import AccountContext, kept_types
from tests.local.cloudformation import create_stack, delete_stack, references
from tests.local.conftest import DeployedLake, Platform
from tests.local.workflows import a_wait_of_two_seconds, large_result, run_workflow, seconds_of

pytestmark = pytest.mark.local
# On the worker that has deployed it already: a lake of this file's own takes half a minute.
of_the_lake = pytest.mark.xdist_group("deployed lake")

CONTEXT = AccountContext(
    lambda service: f"arn:aws:{service}:us-east-1:000000000000",
    lambda stack, logical_id: f"{stack}-{logical_id}-1",
)


def test_every_other_type_of_the_registry_is_kept_with_its_attributes() -> None:
    keepers = dict(kept_types(set(provisioned_types()), CONTEXT))
    assert len(keepers) > 1_500
    for type_name, keeper in keepers.items():
        reference, attributes = keeper.create("Logical", {}, "Stack")
        assert "Stack-Logical-1" in reference, type_name
        assert all(attributes.values()), type_name


def test_a_property_of_the_template_is_the_attribute() -> None:
    keeper = dict(kept_types(set(provisioned_types()), CONTEXT))["AWS::Athena::NamedQuery"]
    _, attributes = keeper.create("Query", {"Name": "delays"}, "Stack")
    assert attributes["Name"] == "delays"
    assert attributes["NamedQueryId"] == "Stack-Query-1"


@of_the_lake
def test_lifecycle_rules_reach_the_buckets(deployed: DeployedLake) -> None:
    s3, bucket = deployed.emulator.client("s3"), deployed.outputs["LakeBucketName"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {"NoncurrentDays": 30} in [rule.get("NoncurrentVersionExpiration") for rule in rules]
    assert all(rule["Status"] == "Enabled" for rule in rules)


@of_the_lake
def test_object_lock_keeps_a_version_even_from_root(deployed: DeployedLake) -> None:
    retention = {"Mode": "COMPLIANCE", "Days": 1}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"ObjectLockEnabled": True, "ObjectLockConfiguration": lock},
    }
    assert create_stack(deployed.emulator, "locked", {"Bucket": bucket}) == "CREATE_COMPLETE"
    s3, name = deployed.emulator.client("s3"), references(deployed.emulator, "locked")["Bucket"]
    body = {"Bucket": name, "Key": "a", "Body": b"b", "ChecksumAlgorithm": "SHA256"}
    version = s3.put_object(**body)["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key="a", VersionId=version, BypassGovernanceRetention=True)
    assert delete_stack(deployed.emulator, "locked") == "DELETE_FAILED"
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"b"


@of_the_lake
def test_a_full_bucket_is_not_deleted(deployed: DeployedLake) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    assert create_stack(deployed.emulator, "full", {"Bucket": bucket}) == "CREATE_COMPLETE"
    s3, name = deployed.emulator.client("s3"), references(deployed.emulator, "full")["Bucket"]
    s3.put_object(Bucket=name, Key="a", Body=b"b")
    assert delete_stack(deployed.emulator, "full") == "DELETE_FAILED"
    s3.delete_object(Bucket=name, Key="a")
    assert delete_stack(deployed.emulator, "full") == "DELETE_COMPLETE"


@of_the_lake
def test_alarms_go_off_and_back_and_are_delivered(deployed: DeployedLake) -> None:
    """Each of the lake's alarms on one metric, through its own topic, to a queue."""
    cloudwatch, sqs = deployed.emulator.client("cloudwatch"), deployed.emulator.client("sqs")
    alarms = [
        alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"] if "MetricName" in alarm
    ]
    (of_dead_letters,) = (alarm for alarm in alarms if alarm["Namespace"] == "AWS/SQS")
    names = {alarm["AlarmName"].rpartition("-")[2] for alarm in alarms if alarm != of_dead_letters}
    assert names == {"SetAside", "Stale", "RawStale", "Unconverted"}
    ((topic,),) = {tuple(alarm["AlarmActions"]) for alarm in alarms}
    queue = sqs.create_queue(QueueName="alarms")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = queue_arn["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue_arn,
    }  # fmt: skip
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [allow]})}
    )
    deployed.emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)

    # In the place of the services: AWS lets nobody else publish below `AWS/`.
    def publish(above_threshold: int, seconds_ago: float) -> None:
        for alarm in alarms:
            value = {
                "MetricName": alarm["MetricName"],
                "Dimensions": alarm["Dimensions"],
                "Timestamp": datetime.now(UTC) - timedelta(seconds=seconds_ago),
                "Value": alarm["Threshold"] + above_threshold,
            }
            cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[value])

    everyone = {alarm["AlarmName"] for alarm in alarms}
    still_inside_seconds = 3
    publish(1, alarms[0]["Period"] - still_inside_seconds)
    assert notified(sqs, queue, "ALARM", len(everyone)) == everyone
    time.sleep(still_inside_seconds)
    publish(0, 0)
    assert notified(sqs, queue, "OK", len(everyone)) == everyone


def notified(sqs: Any, queue: str, state: str, number: int, seconds: float = 20) -> set[str]:
    """The alarms that notify a queue of a state, once there are `number` of them."""
    deadline = time.monotonic() + seconds
    names: set[str] = set()
    while len(names) < number:
        assert time.monotonic() < deadline, f"only {sorted(names)} notified of {state}"
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            notification = json.loads(json.loads(message["Body"])["Message"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            if notification["NewStateValue"] == state:
                names.add(notification["AlarmName"])
    return names


@of_the_lake
def test_a_wait_until_a_time_of_the_clock_waits_for_full_seconds(deployed: DeployedLake) -> None:
    """AWS cuts off what a timestamp has below seconds, so three of them are two at least."""
    _, execution = run_workflow(deployed.emulator, "timestamp", a_wait_of_two_seconds())
    assert 1.9 < seconds_of(execution) < 10


@of_the_lake
def test_a_result_above_256_kib_ends_an_execution_uncaught(deployed: DeployedLake) -> None:
    _, execution = run_workflow(deployed.emulator, "large-result", large_result())
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")


def listening_addresses(workspace: Workspace) -> set[str]:
    """The addresses at which the processes of a local AWS listen."""
    state = workspace.state()
    assert state is not None
    parents = state.alive()
    processes = parents + [child for parent in parents for child in parent.children(recursive=True)]
    return {
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.mark.xdist_group("deployed platform")
def test_it_listens_on_loopback_alone(platform: Platform, trained: dict[str, Any]) -> None:
    """With everything running: emulator, stand-ins, and the servers of a model."""
    assert trained["status"] == "SUCCEEDED"
    assert listening_addresses(platform.workspace) == {"127.0.0.1"}
