"""Taking any one statement out of the transform's or the delivery's role makes the lake fail."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from local.demos import flights
from tests.local.conftest import DeployedLake, deliver, policy_of, without

pytestmark = pytest.mark.sandbox

LINES = list(flights.lines(flights.flights(20)))

# A function runs without its logs, on AWS as here, and ministack writes them under no role: the
# one statement whose absence only the template's tests can see.
UNSEEN = {"TransformRole": ["WriteItsLogs"], "DeliveryRole": []}
TRANSFORM = ["SetRejectedLinesAside", "EncryptWhatItWrites"]
DELIVERY = ["ReadTheStream", "AskTheTransform", "FindTheBuckets", "WriteObjects"]
DELIVERY += ["ReadTheColumns", "UseTheKey"]


@pytest.mark.parametrize(
    ("part", "known"),
    [
        ("TransformRole", [*TRANSFORM, "PutRecordsBack"]),
        ("DeliveryRole", [*DELIVERY, "WriteItsLogs"]),
    ],
)
def test_every_statement_is_tried(deployed: DeployedLake, part: str, known: list[str]) -> None:
    _, _, document = policy_of(deployed.emulator, part)
    sids = {each["Sid"] for each in document["Statement"]}
    assert sids == {*known, *UNSEEN[part]}


@pytest.mark.parametrize("sid", TRANSFORM)
def test_the_transform_cannot_set_lines_aside_without(lake: DeployedLake, sid: str) -> None:
    with without(lake.emulator, "TransformRole", sid):
        lake.send([*LINES, b"not json"])
        deliver(lake.firehose())
    assert lake.rejected() == []
    # The record is not lost for it: it goes, as it was, to the error prefix.
    (error,) = lake.bodies("errors/processing-failed/").values()
    kept = base64.b64decode(json.loads(error)["rawData"])
    assert kept.splitlines() == [*LINES, b"not json"]


def test_the_transform_cannot_put_records_back_without(lake: DeployedLake) -> None:
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
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        error: str | None = answer.get("FunctionError")
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
            assert "AccessDenied" in str(error)  # noqa: PT017 -- some rights show at once
        assert lake.event_ids() == []
    # What was not delivered is not lost: given its right back, the delivery goes on.
    deliver(lake.firehose())
    assert len(lake.event_ids()) >= len(LINES)


def test_the_delivery_cannot_say_why_it_fails_without_its_logs(lake: DeployedLake) -> None:
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
        firehose._report(RuntimeError("unheard"))
    firehose._report(RuntimeError("heard"))
    assert messages()[before:] == ["heard"]
