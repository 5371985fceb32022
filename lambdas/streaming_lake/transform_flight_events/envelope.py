"""What Firehose sends and expects back, and where a record came from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NotRequired, Self, TypedDict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class KinesisMetadata(TypedDict):
    """Where a record stood in its stream."""

    shardId: str
    sequenceNumber: str
    subsequenceNumber: NotRequired[int | str | None]
    partitionKey: str
    approximateArrivalTimestamp: NotRequired[int]


class FirehoseRecord(TypedDict):
    """One record of a batch; the metadata is absent if it did not come from Kinesis."""

    recordId: str
    approximateArrivalTimestamp: NotRequired[int]
    data: str
    kinesisRecordMetadata: NotRequired[KinesisMetadata]


class FirehoseEvent(TypedDict):
    """One batch, as the function receives it."""

    invocationId: str
    deliveryStreamArn: str
    sourceKinesisStreamArn: NotRequired[str]
    region: str
    records: list[FirehoseRecord]


class Answer(TypedDict):
    """What becomes of one record: written, left out on purpose, or kept under the error prefix."""

    recordId: str
    result: Literal["Ok", "Dropped", "ProcessingFailed"]
    data: NotRequired[str]


class Response(TypedDict):
    """One answer a record, in their order."""

    records: list[Answer]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record came from and when; `name` is the same however often it is delivered."""

    name: str
    shard_id: str | None
    sequence_number: str | None
    partition_key: str | None
    arrived_at: str

    @classmethod
    def of(cls, record: FirehoseRecord) -> Self:
        """Read it from the Kinesis metadata, or make do with the record's own id."""
        kinesis = record.get("kinesisRecordMetadata")
        if not kinesis:
            arrived_at = _timestamp(record["approximateArrivalTimestamp"])
            return cls(record["recordId"], None, None, None, arrived_at)
        shard, sequence = kinesis["shardId"], kinesis["sequenceNumber"]
        # Records that the producer library aggregated share one sequence number.
        within = kinesis.get("subsequenceNumber")
        name = f"{shard}-{sequence}" if within in (None, "") else f"{shard}-{sequence}-{within}"
        arrival = kinesis.get("approximateArrivalTimestamp")
        if arrival is None:
            arrival = record["approximateArrivalTimestamp"]
        return cls(name, shard, sequence, kinesis["partitionKey"], _timestamp(arrival))

    @property
    def rejected_key(self) -> str:
        """The object for its rejected lines, below the prefix for all of them."""
        hour = self.arrived_at[:13].replace("T", "-")
        return f"arrival_hour={hour}/{self.name}.jsonl"


def _timestamp(milliseconds: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
