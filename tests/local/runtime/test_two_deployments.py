"""Two copies of an architecture in one account and Region: no collision, and no remains."""

import pytest

from local.runtime import deployment, emulator
from local.runtime.assembly import Assembly
from local.runtime.deployment import Outputs
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from tools.account.destroy import destroy

pytestmark = pytest.mark.local


def inventory(running: Emulator) -> dict[str, set[str]]:
    """What stands in the account, by kind; the CDK's own bootstrap stack included."""

    def names(service: str, call: str, key: str, name: str | None = None) -> set[str]:
        items = getattr(running.client(service), call)()[key]
        return {item[name] if name else item for item in items}

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
            key["KeyId"]
            for key in keys.list_keys()["Keys"]
            if keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
        },
    }


def test_two_prefixes_deploy_side_by_side_and_leave_nothing(scratch: Workspace) -> None:
    try:
        running = emulator.start(scratch)
        deployment.bootstrap(scratch, running)
        before = inventory(running)
        outputs: Outputs = {}
        synthesised = {}
        for prefix in ("Blue-", "Green-"):
            workspace = Workspace(scratch.folder / prefix)
            synthesised[prefix] = deployment.synthesise(
                workspace, ["streaming-lake"], {"name_prefix": prefix}
            )
            outputs |= deployment.deploy(workspace, running, synthesised[prefix].assembly)
        assert set(outputs) == {"Blue-StreamingLake", "Green-StreamingLake"}
        blue, green = outputs.values()
        shared = {"EventsTableName", "CuratedTableName", "WeatherTableName"}
        assert {key for key in blue if blue[key] == green[key]} == shared
        # A bucket that is not empty: a destroy that does not empty it would leave it.
        for values in outputs.values():
            running.client("s3").put_object(Bucket=values["LakeBucketName"], Key="a", Body=b"b")
        for prefix in ("Blue-", "Green-"):
            workspace = Workspace(scratch.folder / prefix)
            assembly = synthesised[prefix].assembly

            def cdk(folder: Workspace = workspace, stacks: Assembly = assembly) -> bool:
                deployment.destroy(folder, running, stacks)
                return True

            lines = destroy(
                running.client,
                [f"{prefix}StreamingLake"],
                cdk,
                keep_data=False,
                confirm=lambda _: True,
            )
            assert [line for line in lines if line.startswith("left: log group")] == []
        assert inventory(running) == before
    finally:
        stop(scratch)
