"""Two copies of an architecture in one account and Region: nothing collides, nothing is left."""

from typing import Any

import pytest

from local.runtime import deployment, emulator
from local.runtime.emulator import Emulator
from local.runtime.workspace import Workspace

pytestmark = pytest.mark.sandbox


def inventory(running: Emulator) -> dict[str, set[str]]:
    """What stands in the account, by kind; the CDK's own bootstrap stack included."""

    def names(service: str, call: str, key: str, name: str | None = None, **given: Any) -> set[str]:
        found = getattr(running.client(service), call)(**given)[key]
        return {each[name] if name else each for each in found}

    keys = running.client("kms")
    return {
        "buckets": names("s3", "list_buckets", "Buckets", "Name"),
        "streams": names("kinesis", "list_streams", "StreamNames"),
        "delivery streams": names("firehose", "list_delivery_streams", "DeliveryStreamNames"),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "databases": names("glue", "get_databases", "DatabaseList", "Name"),
        "jobs": names("glue", "get_jobs", "Jobs", "Name"),
        "crawlers": names("glue", "get_crawlers", "Crawlers", "Name"),
        "work groups": names("athena", "list_work_groups", "WorkGroups", "Name"),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "keys": {
            each["KeyId"]
            for each in keys.list_keys()["Keys"]
            if keys.describe_key(KeyId=each["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
        },
    }


def test_two_names_live_side_by_side_and_leave_nothing(scratch: Workspace) -> None:
    try:
        running = emulator.start(scratch, [])
        cli = deployment.CdkCli(running, scratch)
        deployment.bootstrap(cli, running)
        before = inventory(running)
        outputs: dict[str, dict[str, str]] = {}
        for prefix in ("Blue-", "Green-"):
            deployment.synthesise(cli, scratch, {"name_prefix": prefix})
            outputs |= deployment.deploy(cli, scratch, ["StreamingLake"])
        assert set(outputs) == {"Blue-StreamingLake", "Green-StreamingLake"}
        blue, green = outputs.values()
        shared = {"EventsTableName", "CuratedTableName"}
        assert {key for key in blue if blue[key] == green[key]} == shared
        # Something in the buckets: a destroy that stumbles over it would leave the bucket.
        for each in outputs.values():
            running.client("s3").put_object(Bucket=each["LakeBucketName"], Key="a", Body=b"b")
        for prefix in ("Blue-", "Green-"):
            deployment.synthesise(cli, scratch, {"name_prefix": prefix})
            deployment.destroy(cli, running, scratch, ["StreamingLake"])
        assert inventory(running) == before
    finally:
        emulator.stop(scratch)
