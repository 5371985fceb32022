"""Sample events and Firehose batches for tests of the transform Lambda."""

import base64
import json
from typing import Any

from lambdas.streaming_lake.transform_flight_events.envelope import FirehoseEvent, FirehoseRecord

ARRIVED_MS = 1_795_212_900_123
ARRIVED_AT = "2026-11-20T22:15:00.123Z"
STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/events"
EVENT: dict[str, Any] = {
    "event_id": "UA1545-EWR-20130101T1015Z",
    "carrier": "UA",
    "flight": 1545,
    "tail_number": "N14228",
    "origin": "EWR",
    "destination": "IAH",
    "scheduled_departure": "2013-01-01T10:15:00Z",
    "departure_delay_minutes": 2,
    "arrival_delay_minutes": 11,
    "air_time_minutes": 227,
    "distance_miles": 1400,
}


def line(**changes: Any) -> bytes:
    """A good event, or one with the given fields changed."""
    return json.dumps({**EVENT, **changes}, separators=(",", ":")).encode()


def without(*names: str) -> bytes:
    """A good event without the given fields."""
    return json.dumps({key: value for key, value in EVENT.items() if key not in names}).encode()


def record(data: bytes, number: int = 1) -> FirehoseRecord:
    """A record as Firehose hands it on from a Kinesis stream."""
    return {
        "recordId": f"record-{number}",
        "approximateArrivalTimestamp": ARRIVED_MS + 60_000,
        "data": base64.b64encode(data).decode(),
        "kinesisRecordMetadata": {
            "shardId": "shardId-000000000000",
            "sequenceNumber": f"4954{number:06d}",
            "subsequenceNumber": "",
            "partitionKey": f"key-{number}",
            "approximateArrivalTimestamp": ARRIVED_MS,
        },
    }


def batch(*payloads: bytes) -> FirehoseEvent:
    """One invocation with a record for each payload."""
    return {
        "invocationId": "invocation",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/lake",
        "sourceKinesisStreamArn": STREAM,
        "region": "eu-central-1",
        "records": [record(data, number) for number, data in enumerate(payloads, start=1)],
    }


def decoded(data: str) -> bytes:
    """The bytes in an answer."""
    return base64.b64decode(data, validate=True)
