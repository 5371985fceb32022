"""Numbers of templates that must fit each other, or a limit or price step of a service."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any, Literal

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template as AssertedTemplate
from pydantic import TypeAdapter

from stacks.catalogue import ENVIRONMENTS, SETTINGS_GROUPS
from stacks.environments import CommonSettings, Environment
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.streaming_lake.settings import StreamingLakeSettings
from tests.conftest import Templates, readable, resources
from tests.nested import values_of
from tools.assembly import architecture_of

# What CloudWatch Logs keeps events for: botocore's text of PutRetentionPolicy (read 2026-11-29).
RETENTIONS = {
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
}  # fmt: skip
# S3 moves objects down this list only: "Lifecycle transitions" of its user guide, which also has
# the 30 days before an infrequent-access class (read 2026-11-29).
STORAGE_CLASSES = [
    "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER",
    "DEEP_ARCHIVE",
]  # fmt: skip
# Kinesis bills the gigabytes that it keeps beyond a week; the raw log has them for less.
MOST_STREAM_HOURS = 7 * 24
# A metric of what must never happen: one is an alarm, at the next evaluation.
FAILURES = {
    "5XXError", "Errors", "ExecutionsFailed", "ExecutionsTimedOut", "FailedConversion.Records",
    "FailedRecords", "Throttles",
}  # fmt: skip
JOB_INTERVAL_SECONDS = 3600
"""The curation job runs hourly at most (`curate_schedule`)."""
# The last word of a setting's name -> the least and the most that needs no explanation.
UNITS: dict[str, tuple[float, float]] = {
    "days": (1, 3650),
    "hours": (1, 168),
    "minutes": (1, 7 * 24 * 60),
    "seconds": (1, 900),
    "instances": (1, 100),
    "percent": (1, 100),
    "weight": (1, 1),
    "auc": (1, 1),
    "baseline": (1, 1),
}
SETTINGS = [CommonSettings, *(group.kind for group in SETTINGS_GROUPS)]
Template = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def templates(synthesise: Templates, environment: str) -> dict[str, Template]:
    return dict(synthesise(environment))


def of_type(templates: dict[str, Template], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in templates.values():
        for path, resource in resources(template, f"AWS::{kind}").items():
            yield path, readable(template, resource.get("Properties", {}))


def test_logs_are_kept_for_as_long_as_cloudwatch_can(templates: dict[str, Template]) -> None:
    groups = list(of_type(templates, "Logs::LogGroup"))
    assert groups
    for path, group in groups:
        assert group["RetentionInDays"] in RETENTIONS, path


def test_objects_move_to_ever_colder_classes_and_are_there_for_a_while(
    templates: dict[str, Template],
) -> None:
    for path, bucket in of_type(templates, "S3::Bucket"):
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []):
            moves = [
                (move["TransitionInDays"], STORAGE_CLASSES.index(move["StorageClass"]))
                for move in rule.get("Transitions", [])
            ]
            assert moves == sorted(moves), path
            assert moves == sorted(moves, key=lambda move: move[1]), path
            for days, storage_class in moves:
                infrequent = STORAGE_CLASSES[storage_class].endswith("_IA")
                assert days >= 30 or not infrequent, path
                assert days < rule.get("ExpirationInDays", days + 1), path


def test_a_stream_keeps_no_more_than_a_week(templates: dict[str, Template]) -> None:
    for path, stream in of_type(templates, "Kinesis::Stream"):
        assert 24 <= stream["RetentionPeriodHours"] <= MOST_STREAM_HOURS, path


def test_a_job_has_given_up_before_the_events_that_it_reads_expire(
    templates: dict[str, Template],
) -> None:
    least_days = TypeAdapter(StreamingLakeSettings).json_schema()["properties"]["event_days"]
    for path, job in of_type(templates, "Glue::Job"):
        minutes = job["Timeout"] * (job["MaxRetries"] + 1)
        assert minutes < least_days["minimum"] * 24 * 60, path


def test_one_failure_alone_sets_off_its_alarm(templates: dict[str, Template]) -> None:
    alarms = [
        (path, alarm)
        for path, alarm in of_type(templates, "CloudWatch::Alarm")
        if set(values_of(alarm, "MetricName")) <= FAILURES
    ]
    assert alarms
    for path, alarm in alarms:
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold", path
        assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0, 1), path


def test_an_alarm_looks_at_a_day_at_most(templates: dict[str, Template]) -> None:
    """PutMetricAlarm refuses more, and periods that are not whole minutes."""
    for path, alarm in of_type(templates, "CloudWatch::Alarm"):
        for period in values_of(alarm, "Period"):
            assert period in (10, 20, 30) or period % 60 == 0, path
            assert period * alarm["EvaluationPeriods"] <= 24 * 3600, path
        assert alarm.get("DatapointsToAlarm", 1) <= alarm["EvaluationPeriods"], path


def test_a_dashboard_tells_one_run_of_a_job_from_the_next(templates: dict[str, Template]) -> None:
    for path, dashboard in of_type(templates, "CloudWatch::Dashboard"):
        body = json.dumps(dashboard["DashboardBody"]).replace("\\", "")
        for period in re.findall(r'"Glue","glue\.driver[^]]*?"period":(\d+)', body):
            assert int(period) * 2 <= JOB_INTERVAL_SECONDS, path


def test_an_architecture_retries_all_its_events_alike(templates: dict[str, Template]) -> None:
    policies = defaultdict(set)
    for stack, template in templates.items():
        for policy in values_of(template["Resources"], "RetryPolicy"):
            policies[architecture_of(stack)].add(json.dumps(policy, sort_keys=True))
    assert policies
    assert {name: retries for name, retries in policies.items() if len(retries) > 1} == {}


def test_a_message_is_hidden_for_longer_than_its_function_runs(
    templates: dict[str, Template],
) -> None:
    """Six times, as "Using Lambda with Amazon SQS" advises: a batch is tried more than once."""
    for template in templates.values():
        for name, mapping in template["Resources"].items():
            if mapping["Type"] != "AWS::Lambda::EventSourceMapping":
                continue
            source = mapping["Properties"]["EventSourceArn"]
            queue = template["Resources"][source["Fn::GetAtt"][0]]
            if queue["Type"] == "AWS::SQS::Queue":
                function = referred(template, mapping["Properties"]["FunctionName"])
                hidden = queue["Properties"]["VisibilityTimeout"]
                assert hidden >= 6 * function["Properties"]["Timeout"], name


def referred(template: Template, reference: Any) -> Template:
    """The function that a Ref, or an attribute of it or of its alias, leads to."""
    name = reference.get("Ref") or reference["Fn::GetAtt"][0]
    resource: Template = template["Resources"][name]
    if resource["Type"] == "AWS::Lambda::Function":
        return resource
    return referred(template, resource["Properties"]["FunctionName"])


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_bounds_of_a_setting_are_those_of_its_unit_or_explained(kind: type[Any]) -> None:
    unexplained = []
    for name, schema in TypeAdapter(kind).json_schema()["properties"].items():
        # Where nothing is usual for a unit, every upper bound is explained.
        least, most = UNITS.get(name.rpartition("_")[2], (1, 0))
        for part in (schema, *schema.get("anyOf", [])):
            lower, upper = part.get("minimum", least), part.get("maximum", most)
            remarkable = [*([lower] if lower > least else []), *([upper] if upper > most else [])]
            text = schema["description"].replace(",", "")
            unexplained += [
                f"{name}: {bound:g}"
                for bound in remarkable
                if not re.search(rf"\b{bound:.10g}\b", text)
            ]
    assert unexplained == [], "say in the description why not less or more"


@pytest.mark.parametrize("configured", ENVIRONMENTS.values(), ids=lambda value: value.name)
def test_what_is_configured_cannot_be_changed_later(configured: Environment) -> None:
    """Templates are made, and remembered, from environments and their settings."""
    for part in (configured, configured.common, *configured.groups.values()):
        name = fields(part)[0].name
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, None)


@pytest.mark.parametrize("days", [7, 30, 365])
def test_log_groups_expire_after_the_days_of_the_setting(days: Literal[7, 30, 365]) -> None:
    configured = ENVIRONMENTS["sandbox"]
    common = replace(configured.common, log_retention_days=days)
    stack = Stack(App(), "Stack")
    foundation = Foundation.in_stack(
        stack, replace(configured, common=common), key_description="Logs", budget_usd=None
    )
    EncryptedLogGroup(stack, "Logs", foundation=foundation)
    (group,) = AssertedTemplate.from_stack(stack).find_resources("AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == days
