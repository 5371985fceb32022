"""The deployed rules match the events that AWS documents, and no others."""

import json
from typing import Any

import pytest

from tests.local.conftest import Platform

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed platform")]
_COMMON = {
    "version": "0",
    "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
    "account": "000000000000",
    "time": "2026-11-20T12:00:00Z",
    "region": "us-east-1",
}


def approval(status: str, group: str = "flight-delay") -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{group}/7"
    detail = {"ModelPackageGroupName": group, "ModelPackageVersion": 7, "ModelPackageArn": arn}
    return {
        **_COMMON,
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "resources": [arn],
        "detail": {**detail, "ModelApprovalStatus": status, "ModelPackageStatus": "Completed"},
    }


def alarm(arn: str, value: str) -> dict[str, Any]:
    return {
        **_COMMON,
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [arn],
        "detail": {
            "alarmName": arn.rpartition(":")[2],
            "state": {"value": value, "reason": "Threshold Crossed"},
            "previousState": {"value": "INSUFFICIENT_DATA"},
        },
    }


def targets(platform: Platform, event: dict[str, Any]) -> list[str]:
    """The ARNs of the targets of the rules whose pattern matches an event."""
    events = platform.emulator.client("events")
    return [
        target["Arn"]
        for rule in events.list_rules()["Rules"]
        if "EventPattern" in rule
        and events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))[
            "Result"
        ]
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    ]


def drift_alarm(platform: Platform) -> str:
    (arn,) = (
        str(metric_alarm["AlarmArn"])
        for metric_alarm in platform.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if metric_alarm.get("MetricName") == "LargestShift"
    )
    return arn


def test_only_an_approval_in_the_own_group_starts_a_roll_out(platform: Platform) -> None:
    roll_out = platform.endpoint["StateMachineArn"]
    assert targets(platform, approval("Approved")) == [roll_out]
    assert targets(platform, approval("Rejected")) == []
    assert targets(platform, approval("Approved", "another-group")) == []


def test_the_drift_alarm_starts_a_training_when_raised_and_not_when_cleared(
    platform: Platform,
) -> None:
    arn = drift_alarm(platform)
    training = platform.training["StateMachineArn"]
    assert targets(platform, alarm(arn, "ALARM")) == [training]
    assert targets(platform, alarm(arn, "OK")) == []
    assert targets(platform, alarm(f"{arn}-other", "ALARM")) == []
