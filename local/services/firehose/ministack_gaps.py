"""ministack's Data Firehose delivers each record alone, under no role, and makes no source backup.

`local/services/firehose/delivery.py` delivers instead. Its settings come from
DescribeDeliveryStream, where ministack leaves the source backup out.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import firehose

from local.runtime.wrapping import wrap


def close() -> None:
    """Switch the delivery off, and describe the source backup."""
    wrap(firehose, "ingest_from_kinesis_source", _deliver_nothing)
    wrap(firehose, "_dest_description", _describe_with_backup)


def _deliver_nothing(_: Callable[..., Any], stream_arn: str, records: list[Any]) -> None:
    """ministack calls this for every PutRecords; the delivery polls the stream itself."""


def _describe_with_backup(
    original: Callable[..., Any], destination: dict[str, Any]
) -> dict[str, Any]:
    description: dict[str, Any] = original(destination)
    if backup := destination["config"].get("S3BackupConfiguration"):
        description["ExtendedS3DestinationDescription"]["S3BackupDescription"] = backup
    return description
