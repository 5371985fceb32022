"""Each statement of the transform's and of the delivery's role is needed: without it, they fail."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from local.demos import flights
from tests.local.conftest import DeployedLake, deliver, statement_ids, without

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

LINES = list(flights.lines(flights.flights(20)))

# ministack writes the logs of a function under no role, and a function succeeds without them.
NOT_TESTABLE = {"TransformRole": ["WriteItsLogs"], "DeliveryRole": []}
TRANSFORM = ["SetRejectedLinesAside", "EncryptWhatItWrites"]
DELIVERY = ["ReadTheStream", "AskTheTransform", "FindTheBuckets", "WriteObjects"]
DELIVERY += ["ReadTheColumns", "UseTheKey"]


@pytest.mark.parametrize(
    ("role", "tested"),
    [
        ("TransformRole", [*TRANSFORM, "PutRecordsBack"]),
        ("DeliveryRole", [*DELIVERY, "WriteItsLogs"]),
    ],
)
def test_every_statement_is_tested(deployed: DeployedLake, role: str, tested: list[str]) -> None:
    expected = [*tested, *NOT_TESTABLE[role]]
    assert statement_ids(deployed.emulator, role) == sorted(expected)


@pytest.mark.parametrize("sid", TRANSFORM)
def test_the_transform_writes_no_rejected_lines_without(lake: DeployedLake, sid: str) -> None:
    with without(lake.emulator, "TransformRole", sid):
        lake.send([*LINES, b"not json"])
        deliver(lake.firehose())
    assert lake.rejected() == []
    # The record is not lost: the error prefix holds it unchanged.
    (error,) = lake.bodies("errors/processing-failed/").values()
    record = base64.b64decode(json.loads(error)["rawData"])
    assert record.splitlines() == [*LINES, b"not json"]


def test_the_transform_puts_no_records_back_without(lake: DeployedLake) -> None:
    record = b"\n".join(LINES * 50) + b"\n"
    data = base64.b64encode(record).decode()
    stream = lake.emulator.client("kinesis").describe_stream_summary(
        StreamName=lake.outputs["StreamName"]
    )["StreamDescriptionSummary"]["StreamARN"]
    event = {
        "invocationId": "i",
        "deliveryStreamArn": "d",
        "sourceKinesisStreamArn": stream,
        "region": "us-east-1",
        "records": [
            {
                "recordId": f"r{number}",
                "approximateArrivalTimestamp": 1,
                "data": data,
                "kinesisRecordMetadata": {
                    "shardId": "s",
                    "sequenceNumber": f"{number}",
                    "subsequenceNumber": 0,
                    "partitionKey": "p",
                    "approximateArrivalTimestamp": 1,
                },
            }
            for number in range(6_000_000 // len(data) + 1)
        ],
    }

    def invoke() -> str | None:
        lambda_ = lake.emulator.client("lambda")
        name = next(
            f["FunctionName"]
            for f in lambda_.list_functions()["Functions"]
            if "Transform" in f["FunctionName"]
        )
        response = lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        error: str | None = response.get("FunctionError")
        return error

    assert invoke() is None
    with without(lake.emulator, "TransformRole", "PutRecordsBack"):
        assert invoke() is not None
    deliver(lake.firehose(), seconds=60)


@pytest.mark.parametrize("sid", DELIVERY)
def test_nothing_is_delivered_without(lake: DeployedLake, sid: str) -> None:
    lake.send(LINES)
    with without(lake.emulator, "DeliveryRole", sid):
        try:
            firehose = lake.firehose()
            for _ in range(3):
                firehose.step()
        except ClientError as error:
            assert "AccessDenied" in str(error)  # noqa: PT017 -- some are needed at once
        assert lake.event_ids() == []
    # What was not delivered is not lost: with the statement back, the delivery continues.
    deliver(lake.firehose())
    assert len(lake.event_ids()) >= len(LINES)


def test_the_delivery_logs_no_error_without(lake: DeployedLake) -> None:
    def messages() -> list[str]:
        logs = lake.emulator.client("logs")
        return [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            if "Delivery" in group["logGroupName"]
            for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])[
                "logStreams"
            ]
            for event in logs.get_log_events(
                logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"]
            )["events"]
        ]

    firehose = lake.firehose()
    before = len(messages())
    with without(lake.emulator, "DeliveryRole", "WriteItsLogs"):
        firehose._report(RuntimeError("without"))
    firehose._report(RuntimeError("with"))
    assert messages()[before:] == ["with"]
