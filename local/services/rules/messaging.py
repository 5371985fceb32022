"""SQS, SNS, Kinesis, Firehose, EventBridge and Scheduler: sizes of messages, and schedules."""

import re
from typing import Any

from local.services.rules.rule import API_READ, LOCALSTACK, PREFLIGHT, READ, Rule, State, api
from local.services.task import Arguments

_SQS = "AWSSimpleQueueService/latest/APIReference"
_QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/queue"
_FIFO = f"{_QUEUE}.fifo"
_TOPIC = "arn:aws:sns:us-east-1:000000000000:topic"
_MEBIBYTE = 1024 * 1024
_RATE = re.compile(r"^rate\((?P<count>\d+) (?P<unit>minute|hour|day)(?P<plural>s?)\)$")
_ROLE = "arn:aws:iam::000000000000:role/schedule"


def _size(value: Any) -> int:
    return len(value if isinstance(value, bytes) else str(value).encode())


def _batch(*entries: Arguments) -> Arguments:
    return {"QueueUrl": _QUEUE, "Entries": list(entries)}


def _entry(identifier: str, size: int = 1) -> Arguments:
    return {"Id": identifier, "MessageBody": "x" * size}


def _put(*records: bytes, **changes: Any) -> Arguments:
    entries = [{"Data": data, "PartitionKey": "key"} for data in records]
    return {"StreamName": "stream", "Records": entries, **changes}


def _deliver(*records: bytes) -> Arguments:
    return {"DeliveryStreamName": "delivery", "Records": [{"Data": data} for data in records]}


def _event(**changes: Any) -> Arguments:
    entry = {"Source": "lake", "DetailType": "Curated", "Detail": "{}", **changes}
    return {"Entries": [entry]}


def _rule(schedule: str) -> Arguments:
    return {"Name": "rule", "ScheduleExpression": schedule}


def _schedule(**window: Any) -> Arguments:
    return {
        "Name": "schedule",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": window,
        "Target": {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "RoleArn": _ROLE},
    }


def _forwarding(**target: Any) -> Arguments:
    bus = "arn:aws:events:us-east-1:222222222222:event-bus/default"
    return {"Rule": "rule", "Targets": [{"Id": "it", "Arn": bus, **target}]}


def _buses_without_role(request: Arguments) -> list[str]:
    own_account = ":events:us-east-1:000000000000:"
    return [
        target["Arn"]
        for target in request["Targets"]
        if ":event-bus/" in target["Arn"]
        and own_account not in target["Arn"]
        and "RoleArn" not in target
    ]


def _wrong_rate(request: Arguments, _: State) -> bool:
    match = _RATE.match(request.get("ScheduleExpression", ""))
    return match is not None and (match["count"] == "1") == bool(match["plural"])


def _wrong_cron(request: Arguments, _: State) -> bool:
    expression: str = request.get("ScheduleExpression", "")
    if not expression.startswith("cron("):
        return False
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    # Of the day of the month and the day of the week, one is given.
    return len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?")


def _subject(request: Arguments) -> bool:
    subject: str = request.get("Subject", "x")
    return not subject.isprintable() or not 0 < len(subject) <= 100 or not subject.isascii()


def _fifo(request: Arguments) -> bool:
    return bool(request["QueueUrl"].endswith(".fifo"))


def _window(request: Arguments) -> tuple[str, bool]:
    """The mode, and whether a length is given."""
    window: Arguments = request["FlexibleTimeWindow"]
    return window["Mode"], "MaximumWindowInMinutes" in window


RULES = [
    Rule(
        id="message-size",
        operations=("sqs:SendMessage",),
        says="A message has at most 1 MiB.",
        breaks=lambda request, _: _size(request["MessageBody"]) > _MEBIBYTE,
        error="InvalidParameterValue",
        message="One or more parameters are invalid. Reason: Message must be shorter than 1048576"
        " bytes.",
        source=api(_SQS, "API_SendMessage"),
        read=API_READ,
        refused={"QueueUrl": _QUEUE, "MessageBody": "x" * (_MEBIBYTE + 1)},
        accepted={"QueueUrl": _QUEUE, "MessageBody": "x" * _MEBIBYTE},
    ),
    Rule(
        id="message-delay",
        operations=("sqs:SendMessage",),
        says="A message is delayed for at most 15 minutes.",
        breaks=lambda request, _: not 0 <= request.get("DelaySeconds", 0) <= 900,
        error="InvalidParameterValue",
        message="Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0"
        " and <= 900.",
        source=api(_SQS, "API_SendMessage"),
        read=API_READ,
        refused={"QueueUrl": _QUEUE, "MessageBody": "x", "DelaySeconds": 901},
        accepted={"QueueUrl": _QUEUE, "MessageBody": "x", "DelaySeconds": 900},
    ),
    Rule(
        id="message-group",
        operations=("sqs:SendMessage",),
        says="A message to a FIFO queue belongs to a group.",
        breaks=lambda request, _: _fifo(request) and "MessageGroupId" not in request,
        error="MissingParameter",
        message="The request must contain the parameter MessageGroupId.",
        source=api(_SQS, "API_SendMessage"),
        read=READ,
        refused={"QueueUrl": _FIFO, "MessageBody": "x"},
        accepted={"QueueUrl": _FIFO, "MessageBody": "x", "MessageGroupId": "group"},
    ),
    Rule(
        id="batch-entries",
        operations=("sqs:SendMessageBatch", "sqs:DeleteMessageBatch"),
        says="A batch has at most ten entries.",
        breaks=lambda request, _: len(request["Entries"]) > 10,
        error="TooManyEntriesInBatchRequest",
        message="Maximum number of entries per request are 10.",
        source=api(_SQS, "API_SendMessageBatch"),
        read=API_READ,
        refused=_batch(*(_entry(f"{number}") for number in range(11))),
        accepted=_batch(*(_entry(f"{number}") for number in range(10))),
    ),
    Rule(
        id="batch-empty",
        operations=("sqs:SendMessageBatch", "sqs:DeleteMessageBatch"),
        says="A batch has an entry.",
        breaks=lambda request, _: not request["Entries"],
        error="EmptyBatchRequest",
        message="There should be at least one entry in the request.",
        source=api(_SQS, "API_SendMessageBatch"),
        read=API_READ,
        refused=_batch(),
        accepted=_batch(_entry("1")),
    ),
    Rule(
        id="batch-ids",
        operations=("sqs:SendMessageBatch", "sqs:DeleteMessageBatch"),
        says="The entries of a batch have different ids.",
        breaks=lambda request, _: (
            len({entry["Id"] for entry in request["Entries"]}) < len(request["Entries"])
        ),
        error="BatchEntryIdsNotDistinct",
        message="Two or more batch entries in the request have the same Id.",
        source=api(_SQS, "API_SendMessageBatch"),
        read=API_READ,
        refused=_batch(_entry("1"), _entry("1")),
        accepted=_batch(_entry("1"), _entry("2")),
    ),
    Rule(
        id="batch-size",
        operations=("sqs:SendMessageBatch",),
        says="The messages of a batch have at most 1 MiB together.",
        breaks=lambda request, _: (
            sum(_size(entry["MessageBody"]) for entry in request["Entries"]) > _MEBIBYTE
        ),
        error="BatchRequestTooLong",
        message="Batch requests cannot be longer than 1048576 bytes.",
        source=api(_SQS, "API_SendMessageBatch"),
        read=API_READ,
        refused=_batch(_entry("1", _MEBIBYTE), _entry("2")),
        accepted=_batch(_entry("1", _MEBIBYTE - 1), _entry("2")),
    ),
    Rule(
        id="notice-size",
        operations=("sns:Publish",),
        says="A notice has at most 256 KiB.",
        breaks=lambda request, _: _size(request["Message"]) > 262_144,
        error="InvalidParameter",
        message="Invalid parameter: Message too long",
        source=api("sns/latest/api", "API_Publish"),
        read=API_READ,
        refused={"TopicArn": _TOPIC, "Message": "x" * 262_145},
        accepted={"TopicArn": _TOPIC, "Message": "x" * 262_144},
    ),
    Rule(
        id="subject",
        operations=("sns:Publish",),
        says="A subject is one line of ASCII text of at most 100 characters.",
        breaks=lambda request, _: _subject(request),
        error="InvalidParameter",
        message="Invalid parameter: Subject",
        source=api("sns/latest/api", "API_Publish"),
        read=API_READ,
        refused={"TopicArn": _TOPIC, "Message": "x", "Subject": "two\nlines"},
        accepted={"TopicArn": _TOPIC, "Message": "x", "Subject": "one line"},
    ),
    Rule(
        id="stream-named-once",
        operations=("kinesis:PutRecord", "kinesis:PutRecords"),
        says="A stream is named by its name or its ARN.",
        breaks=lambda request, _: not {"StreamName", "StreamARN"} & set(request),
        error="InvalidArgumentException",
        message="Either StreamARN or StreamName must be provided.",
        source=api("kinesis/latest/APIReference", "API_PutRecord"),
        read=API_READ,
        refused={"Data": b"x", "PartitionKey": "key"},
        accepted={"Data": b"x", "PartitionKey": "key", "StreamName": "stream"},
    ),
    Rule(
        id="stream-batch-size",
        operations=("kinesis:PutRecords",),
        says="A request has at most 10 MiB, partition keys included.",
        breaks=lambda request, _: (
            sum(
                _size(record["Data"]) + _size(record["PartitionKey"])
                for record in request["Records"]
            )
            > 10 * _MEBIBYTE
        ),
        error="InvalidArgumentException",
        message="Records size exceeds 10 MB limit",
        source=api("kinesis/latest/APIReference", "API_PutRecords"),
        read=API_READ,
        refused=_put(*(b"x" * 6 * _MEBIBYTE,) * 2),
        accepted=_put(*(b"x" * 4 * _MEBIBYTE,) * 2),
    ),
    Rule(
        id="delivery-batch-size",
        operations=("firehose:PutRecordBatch",),
        says="A batch has at most 4 MiB.",
        breaks=lambda request, _: (
            sum(_size(record["Data"]) for record in request["Records"]) > 4 * _MEBIBYTE
        ),
        error="InvalidArgumentException",
        message="The batch exceeds 4 MiB.",
        source=api("firehose/latest/APIReference", "API_PutRecordBatch"),
        read=API_READ,
        refused=_deliver(*(b"x" * 900_000,) * 5),
        accepted=_deliver(*(b"x" * 900_000,) * 4),
    ),
    Rule(
        id="event-size",
        operations=("events:PutEvents",),
        says="The entries of a request have at most 1 MB together.",
        breaks=lambda request, _: (
            sum(
                _size(entry.get("Detail", "")) + _size(entry.get("DetailType", ""))
                for entry in request["Entries"]
            )
            > _MEBIBYTE
        ),
        error="ValidationException",
        message="Total size of the entries in the request is over the limit.",
        source=api("eventbridge/latest/userguide", "eb-putevents"),
        read=API_READ,
        refused=_event(Detail='"' + "x" * _MEBIBYTE + '"'),
        accepted=_event(),
    ),
    Rule(
        id="rate",
        operations=("events:PutRule",),
        says="A rate of 1 has its unit in the singular, any other in the plural.",
        breaks=_wrong_rate,
        error="ValidationException",
        message="Parameter ScheduleExpression is not valid.",
        source=f"{LOCALSTACK}events/test_events_schedule.py",
        read=READ,
        refused=_rule("rate(1 minutes)"),
        accepted=_rule("rate(5 minutes)"),
    ),
    Rule(
        id="cron",
        operations=("events:PutRule",),
        says="A cron has six fields, with one of the two days a question mark.",
        breaks=_wrong_cron,
        error="ValidationException",
        message="Parameter ScheduleExpression is not valid.",
        source=api("eventbridge/latest/userguide", "eb-scheduled-rule-pattern"),
        read="2026-11-29",
        refused=_rule("cron(0 4 * * MON *)"),
        accepted=_rule("cron(0 4 ? * MON *)"),
    ),
    Rule(
        id="role-of-another-bus",
        operations=("events:PutTargets",),
        says="A rule sends to the event bus of another account or Region under a role.",
        breaks=lambda request, _: bool(_buses_without_role(request)),
        error="ValidationException",
        message=lambda request, _: (
            f"RoleArn is required for target {_buses_without_role(request)[0]}."
        ),
        source=PREFLIGHT,
        read=READ,
        refused=_forwarding(),
        accepted=_forwarding(RoleArn=_ROLE),
    ),
    Rule(
        id="flexible-window",
        operations=("scheduler:CreateSchedule", "scheduler:UpdateSchedule"),
        says="A flexible window has a length.",
        breaks=lambda request, _: _window(request) == ("FLEXIBLE", False),
        error="ValidationException",
        message="MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to"
        " FLEXIBLE",
        source=PREFLIGHT,
        read=READ,
        refused=_schedule(Mode="FLEXIBLE"),
        accepted=_schedule(Mode="FLEXIBLE", MaximumWindowInMinutes=15),
    ),
    Rule(
        id="no-window",
        operations=("scheduler:CreateSchedule", "scheduler:UpdateSchedule"),
        says="A schedule without a flexible window has no length of one.",
        breaks=lambda request, _: _window(request) == ("OFF", True),
        error="ValidationException",
        message="MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to"
        " OFF",
        source=PREFLIGHT,
        read=READ,
        refused=_schedule(Mode="OFF", MaximumWindowInMinutes=15),
        accepted=_schedule(Mode="OFF"),
    ),
]
