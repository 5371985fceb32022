"""The source of a delivery stream: the records of a Kinesis stream, shard by shard.

Polls with GetRecords; enhanced fan-out, resharding and the read quota of a shard are not simulated.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.services.firehose.kpl import UserRecord, user_records


@dataclass
class Record:
    """One record of the source stream, or a part of one that the producer library aggregated."""

    shard_id: str
    sequence_number: str
    partition_key: str
    arrived_ms: int
    data: bytes
    subsequence_number: int = 0

    def event(self) -> dict[str, Any]:
        """The record as a Lambda processor gets it."""
        return {
            "recordId": f"{self.shard_id}{self.sequence_number}{self.subsequence_number:06}",
            "approximateArrivalTimestamp": self.arrived_ms,
            "data": base64.b64encode(self.data).decode(),
            "kinesisRecordMetadata": {
                "shardId": self.shard_id,
                "sequenceNumber": self.sequence_number,
                "subsequenceNumber": self.subsequence_number,
                "partitionKey": self.partition_key,
                "approximateArrivalTimestamp": self.arrived_ms,
            },
        }


class Source:
    """The shards of the source stream, read from where the last complete delivery ended."""

    def __init__(self, kinesis: Any, stream_arn: str, checkpoint: Path) -> None:
        self._kinesis = kinesis
        self._stream_arn = stream_arn
        self._checkpoint = checkpoint
        self._delivered: dict[str, str] = (
            json.loads(checkpoint.read_text()) if checkpoint.exists() else {}
        )
        self._read: dict[str, str] = dict(self._delivered)
        self._iterators: dict[str, str] = {}

    def poll(self) -> list[Record]:
        """The new records of every shard."""
        records: list[Record] = []
        shards = self._kinesis.list_shards(StreamARN=self._stream_arn)["Shards"]
        for shard_id in (shard["ShardId"] for shard in shards):
            iterator = self._iterators.get(shard_id) or self._position(shard_id)
            response = self._kinesis.get_records(
                StreamARN=self._stream_arn, ShardIterator=iterator, Limit=1000
            )
            self._iterators[shard_id] = response["NextShardIterator"]
            for item in response["Records"]:
                self._read[shard_id] = item["SequenceNumber"]
                records += _records(shard_id, item)
        return records

    def commit(self) -> None:
        """Remember that everything read so far is delivered: a restart continues after it."""
        if self._read != self._delivered:
            self._delivered = dict(self._read)
            self._checkpoint.write_text(json.dumps(self._delivered))

    def _position(self, shard_id: str) -> str:
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after := self._read.get(shard_id):
            start = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": after,
            }
        response = self._kinesis.get_shard_iterator(
            StreamARN=self._stream_arn, ShardId=shard_id, **start
        )
        iterator: str = response["ShardIterator"]
        return iterator


def _records(shard_id: str, item: dict[str, Any]) -> list[Record]:
    """A record as Kinesis returns it, taken apart if the producer library aggregated it."""
    whole = [UserRecord(item["PartitionKey"], item["Data"])]
    parts = user_records(item["Data"])
    return [
        Record(
            shard_id=shard_id,
            sequence_number=item["SequenceNumber"],
            partition_key=part.partition_key,
            arrived_ms=int(item["ApproximateArrivalTimestamp"].timestamp() * 1000),
            data=part.data,
            subsequence_number=number,
        )
        for number, part in enumerate(whole if parts is None else parts)
    ]
