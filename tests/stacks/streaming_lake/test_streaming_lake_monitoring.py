"""Monitoring of the streaming lake: alarms, budget, notifications, outputs and named queries."""

from typing import Any

import pytest

from repository import ROOT
from tests.conftest import Templates, readable, resources

Template = dict[str, Any]
ALARM = "AWS::CloudWatch::Alarm"


@pytest.fixture
def sandbox(synthesise: Templates) -> Template:
    template: Template = synthesise("sandbox")["StreamingLake"]
    return template


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """Each alarm's properties by the last word of its name, with readable references.

    Alarms of a shared construct have no name: they are called by their paths.
    """
    return {
        alarm["Properties"].get("AlarmName", path).rpartition("-")[2]: readable(
            template, alarm["Properties"]
        )
        for path, alarm in resources(template, ALARM).items()
    }


def watched_metrics(alarm: dict[str, Any]) -> dict[str, tuple[str, str, Any]]:
    """An alarm's metrics: name -> namespace, statistic and dimensions."""
    plain = [alarm] if "MetricName" in alarm else []
    stats = [entry["MetricStat"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry]
    metrics = [(entry["Metric"], entry["Stat"]) for entry in stats]
    metrics += [(entry, entry["Statistic"]) for entry in plain]
    return {
        metric["MetricName"]: (
            metric["Namespace"],
            statistic,
            {entry["Name"]: entry["Value"] for entry in metric["Dimensions"]},
        )
        for metric, statistic in metrics
    }


STREAM = {"StreamName": "{Ingestion/Events}"}
DELIVERY = {"DeliveryStreamName": "{Delivery/Lake}"}
LINES = ("StreamingLake", "Sum", {"service": "transform-flight-events"})
RECORDS = ("AWS/Firehose", "Sum", DELIVERY)
FRESHNESS = ("AWS/Firehose", "Maximum", DELIVERY)
WATCHED = {
    "Behind": {"GetRecords.IteratorAgeMilliseconds": ("AWS/Kinesis", "Maximum", STREAM)},
    "Throttled": {"WriteProvisionedThroughputExceeded": ("AWS/Kinesis", "Average", STREAM)},
    **{
        f"{function}/Failing": {
            metric: ("AWS/Lambda", "Sum", {"FunctionName": f"{{{function}}}"})
            for metric in ("Errors", "Throttles")
        }
        for function in ("Transform", "Replay")
    },
    "Operation/Undelivered/NotEmpty": {
        "ApproximateNumberOfMessagesVisible": (
            "AWS/SQS",
            "Maximum",
            {"QueueName": "{Operation/Undelivered.QueueName}"},
        )
    },
    "Rejected": {"AcceptedLines": LINES, "RejectedLines": LINES},
    "SetAside": {"FailedRecords": LINES},
    "Stale": {"DeliveryToS3.DataFreshness": FRESHNESS},
    "RawStale": {"BackupToS3.DataFreshness": FRESHNESS},
    "Unconverted": {"FailedConversion.Records": RECORDS},
    "StandsStill": {
        "IncomingRecords": ("AWS/Kinesis", "Sum", STREAM),
        "DeliveryToS3.Records": RECORDS,
        "BackupToS3.Records": RECORDS,
    },
}


def test_each_alarm_watches_a_metric_of_the_lakes_own_resource(sandbox: Template) -> None:
    assert {name: watched_metrics(alarm) for name, alarm in alarms(sandbox).items()} == WATCHED


def test_each_alarm_notifies_the_topic_when_it_starts_and_ends(sandbox: Template) -> None:
    for name, alarm in alarms(sandbox).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["{Alarms}"], name


HOUR = 3_600_000  # milliseconds


@pytest.mark.parametrize(
    ("environment", "behind", "stale"),
    [
        ("local", 1.2 * HOUR, 660),
        ("sandbox", 1.2 * HOUR, 1200),
        ("production", 8.4 * HOUR, 2400),
    ],
)
def test_alarm_thresholds_follow_retention_and_buffer_of_the_environment(
    synthesise: Templates, environment: str, behind: float, stale: int
) -> None:
    lake_alarms = alarms(synthesise(environment)["StreamingLake"])
    thresholds = {name: alarm["Threshold"] for name, alarm in lake_alarms.items()}
    assert thresholds == {
        "Behind": behind,
        "Stale": stale,
        "RawStale": stale,
        "Throttled": 0,
        "Transform/Failing": 0,
        "Replay/Failing": 0,
        "Operation/Undelivered/NotEmpty": 0,
        "Rejected": 5,
        "SetAside": 0,
        "Unconverted": 0,
        "StandsStill": 0,
    }
    for alarm in lake_alarms.values():
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_silence_raises_the_alarms_of_what_is_never_silent(sandbox: Template) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms(sandbox).items()}
    breaching = {name for name, treatment in missing.items() if treatment == "breaching"}
    assert breaching == {"Behind", "StandsStill"}
    # Coming back from `missing` to OK would notify whenever an idle lake gets events again.
    assert set(missing.values()) == {"breaching", "notBreaching"}


@pytest.mark.parametrize(
    "name", ["Transform/Failing", "SetAside", "Unconverted", "Stale", "RawStale"]
)
def test_one_lost_batch_raises_an_alarm(sandbox: Template, name: str) -> None:
    alarm = alarms(sandbox)[name]
    assert (alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", 1)) == (1, 1)


def test_the_transform_publishes_the_metrics_that_the_alarm_watches(sandbox: Template) -> None:
    function = resources(sandbox, "AWS::Lambda::Function")["Transform"]["Properties"]
    variables = function["Environment"]["Variables"]
    namespace_and_service = (
        variables["POWERTOOLS_METRICS_NAMESPACE"],
        variables["POWERTOOLS_SERVICE_NAME"],
    )
    assert namespace_and_service == (LINES[0], LINES[2]["service"])


def test_the_budget_notifies_the_topic_at_80_percent_and_of_a_forecast(sandbox: Template) -> None:
    (resource,) = resources(sandbox, "AWS::Budgets::Budget").values()
    assert any(name.startswith("AlarmsPolicy") for name in resource["DependsOn"])
    budget = readable(sandbox, resource["Properties"])
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 25, "Unit": "USD"}
    thresholds = [
        (
            notification["Notification"]["NotificationType"],
            notification["Notification"]["Threshold"],
        )
        for notification in budget["NotificationsWithSubscribers"]
    ]
    assert thresholds == [("ACTUAL", 80), ("FORECASTED", 100)]
    for notification in budget["NotificationsWithSubscribers"]:
        assert notification["Subscribers"] == [{"Address": "{Alarms}", "SubscriptionType": "SNS"}]


def test_a_mail_address_subscribes_to_the_topic_only_if_it_is_set(
    synthesise: Templates, sandbox: Template
) -> None:
    assert not resources(sandbox, "AWS::SNS::Subscription")
    template = synthesise("sandbox", ("alarm_email", "on-call@example.com"))["StreamingLake"]
    (subscription,) = resources(template, "AWS::SNS::Subscription").values()
    properties = readable(template, subscription["Properties"])
    assert properties == {
        "Endpoint": "on-call@example.com",
        "Protocol": "email",
        "TopicArn": "{Alarms}",
    }


def test_a_name_prefix_reaches_alarms_dashboard_and_query_references(
    synthesise: Templates,
) -> None:
    template = synthesise("sandbox", ("name_prefix", "Blue-"))["Blue-StreamingLake"]
    names = [
        resource["Properties"]["AlarmName"]
        for resource in resources(template, ALARM).values()
        if "AlarmName" in resource["Properties"]
    ]
    dashboards = resources(template, "AWS::CloudWatch::Dashboard").values()
    names += [
        readable(template, resource["Properties"]["DashboardName"]) for resource in dashboards
    ]
    assert all(name.startswith("Blue-StreamingLake") for name in names), names
    for query in resources(template, "AWS::Athena::NamedQuery").values():
        assert query["Properties"]["WorkGroup"] == "Blue-StreamingLake"


def test_each_output_refers_to_its_resource(sandbox: Template) -> None:
    outputs = {
        name: readable(sandbox, output["Value"]) for name, output in sandbox["Outputs"].items()
    }
    assert outputs == {
        "StreamName": "{Ingestion/Events}",
        "DeliveryStreamName": "{Delivery/Lake}",
        "RawBucketName": "{Storage/Raw}",
        "LakeBucketName": "{Storage/Lake}",
        "DatabaseName": "streaminglake",
        "EventsTableName": "{Catalog/Events}",
        "CuratedTableName": "{Catalog/Curated}",
        "WeatherTableName": "{Catalog/Weather}",
        "WorkGroupName": "StreamingLake",
        "ResultsBucketName": "{Query/Results}",
        "ProducerPolicyArn": "{People/Producer}",
        "AnalystPolicyArn": "{People/Analyst}",
        "StewardPolicyArn": "{People/Steward}",
        "ReplayFunctionName": "{Replay}",
        "ReplayCommand": "aws lambda invoke --function-name {Replay} --cli-read-timeout 310"
        " --cli-binary-format raw-in-base64-out"
        ' --payload \'{"key": "flights/arrival_hour=2026-11-20-05/..."}\' /dev/stdout',
        "CurateJobName": "{Curation/Job}",
        "KeyArn": "{Key.Arn}",
        "CurateCommand": "aws glue start-job-run --job-name {Curation/Job}",
        "AlarmTopicArn": "{Alarms}",
    }


def test_a_named_query_is_described_by_the_first_line_of_its_file(sandbox: Template) -> None:
    files = (ROOT / "sql/streaming_lake").glob("*.sql")
    first_lines = {file.stem.replace("_", " "): file.read_text().splitlines()[0] for file in files}
    for query in resources(sandbox, "AWS::Athena::NamedQuery").values():
        properties = query["Properties"]
        assert f"-- {properties['Description']}" == first_lines[properties["Name"]]
