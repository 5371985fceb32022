"""The deployed rules, asked about events as AWS's documentation shows them."""

import json
from typing import Any

import pytest

from tests.local.conftest import Platform

pytestmark = pytest.mark.sandbox
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


def created(bucket: str, key: str) -> dict[str, Any]:
    return {
        **_COMMON,
        "source": "aws.s3",
        "detail-type": "Object Created",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}, "reason": "PutObject"},
    }


def woken(platform: Platform, event: dict[str, Any]) -> list[str]:
    """The descriptions of the rules that an event wakes."""
    events = platform.emulator.client("events")
    return [
        rule["Description"]
        for rule in events.list_rules()["Rules"]
        if "EventPattern" in rule
        and events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))[
            "Result"
        ]
    ]


def drift_alarm(platform: Platform) -> str:
    (found,) = (
        str(each["AlarmArn"])
        for each in platform.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if each.get("MetricName") == "LargestPsi"
    )
    return found


def test_an_approval_of_ours_rolls_out_and_nothing_else_does(platform: Platform) -> None:
    assert woken(platform, approval("Approved")) == ["A model of ours was approved: let it serve"]
    assert woken(platform, approval("Rejected")) == []
    assert woken(platform, approval("Approved", "another-group")) == []


def test_drift_trains_again_when_the_alarm_goes_off_and_not_when_it_ends(
    platform: Platform,
) -> None:
    arn = drift_alarm(platform)
    again = ["The alarm of the drift check went off: train again"]
    assert woken(platform, alarm(arn, "ALARM")) == again
    assert woken(platform, alarm(arn, "OK")) == []
    assert woken(platform, alarm(f"{arn}-of-others", "ALARM")) == []


def test_a_capture_is_judged_and_statistics_are_not(platform: Platform) -> None:
    bucket, name = platform.endpoint["BucketName"], platform.endpoint["EndpointName"]
    capture = f"capture/{name}/champion/2026/11/20/12/a.jsonl"
    assert len(woken(platform, created(bucket, capture))) == 1
    assert woken(platform, created(bucket, f"drift/{name}/statistics.json")) == []
    assert woken(platform, created("another-bucket", capture)) == []
