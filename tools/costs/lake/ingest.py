"""Costs of events on their way: stream, delivery and transform."""

import math
from collections.abc import Iterator
from typing import Any

from tools.assembly import Assembly, Resource
from tools.costs.lake.assumptions import ASSUMED
from tools.costs.lines import Charge, Line, line
from tools.costs.template_reading import gb_second_key, one

_PUT_UNIT_BYTES, _ON_DEMAND_UNIT_BYTES, _FIREHOSE_UNIT_BYTES = 25 * 1024, 1024, 5 * 1024


def ingested(assembly: Assembly, size: int, record_bytes: int) -> list[Line]:
    """`size` bytes through stream, transform and delivery, in records of `record_bytes`."""
    stream = one(assembly, "AWS::Kinesis::Stream", "Ingestion/Events")
    delivery = one(assembly, "AWS::KinesisFirehose::DeliveryStream")
    function = one(assembly, "AWS::Lambda::Function", "Transform")
    records = size / record_bytes
    return [
        line(resource, charge)
        for resource, charges in (
            (stream, _streamed(stream, size, records, record_bytes)),
            (delivery, _delivered(delivery, size, records, record_bytes)),
            (function, _transformed(function, delivery, size)),
        )
        for charge in charges
    ]


def _streamed(stream: Resource, size: int, records: float, record_bytes: int) -> Iterator[Charge]:
    if stream.properties["StreamModeDetails"]["StreamMode"] != "ON_DEMAND":
        put = records * math.ceil(record_bytes / _PUT_UNIT_BYTES) / 1e6
        yield Charge("million put units of 25 KB", "kinesis_put_payload_million", put)
        return
    yield from _on_demand(stream, size, records, record_bytes)
    yield Charge("GB out of the stream", "kinesis_on_demand_retrieval_gb", size / 1e9)


def appended(assembly: Assembly, events: int) -> list[Line]:
    """So many events into the streaming table's stream, each a record.

    Their delivery is not in it: no price list that was read has its price.
    """
    stream = one(assembly, "AWS::Kinesis::Stream", "StreamingTable/Events")
    size = events * ASSUMED.event_bytes
    charges = _on_demand(stream, size, events, ASSUMED.event_bytes)
    return [line(stream, charge) for charge in charges]


def _on_demand(stream: Resource, size: int, records: float, record_bytes: int) -> Iterator[Charge]:
    rounded = records * _rounded(record_bytes, _ON_DEMAND_UNIT_BYTES) / 1e9
    yield Charge("GB into the stream, by whole KB", "kinesis_on_demand_ingest_gb", rounded)
    days = stream.properties["RetentionPeriodHours"] / 24 - 1
    if days > 0:
        months = size / 1e9 * min(days, 6) / (365 / 12)
        item = "GB months in the stream beyond a day"
        yield Charge(item, "kinesis_on_demand_extended_retention_gb_month", months)


def _delivered(
    delivery: Resource, size: int, records: float, record_bytes: int
) -> Iterator[Charge]:
    destination = delivery.properties["ExtendedS3DestinationConfiguration"]
    rounded = records * _rounded(record_bytes, _FIREHOSE_UNIT_BYTES) / 1e9
    yield Charge("GB delivered, by whole 5 KB", "firehose_kinesis_source_gb", rounded)
    if destination["DataFormatConversionConfiguration"]["Enabled"]:
        yield Charge(
            "GB converted to Parquet, by whole 5 KB", "firehose_format_conversion_gb", rounded
        )
    # Full buffers, once as Parquet and once as the raw log.
    buffers = [destination["BufferingHints"]]
    if destination.get("S3BackupMode") == "Enabled":
        buffers.append(destination["S3BackupConfiguration"]["BufferingHints"])
    objects = sum(math.ceil(size / (buffer["SizeInMBs"] * 1024**2)) for buffer in buffers)
    yield Charge("1,000 objects written", "s3_standard_put_1k", objects / 1000)


def _transformed(function: Resource, delivery: Resource, size: int) -> Iterator[Charge]:
    invocations = math.ceil(size / (_batch_mebibytes(delivery) * 1024**2))
    busy = (
        size / (ASSUMED.transform_mb_a_second * 1e6)
        + invocations * ASSUMED.invocation_overhead_seconds
    )
    memory = function.properties["MemorySize"] / 1024
    yield Charge("GB seconds of the transform", gb_second_key(function), busy * memory)
    yield Charge(
        "million invocations of the transform", "lambda_requests_million", invocations / 1e6
    )
    logged = invocations * ASSUMED.invocation_log_bytes / 1e9
    yield Charge("GB that the transform logs", "cloudwatch_logs_ingest_gb", logged)


def _batch_mebibytes(delivery: Resource) -> float:
    destination = delivery.properties["ExtendedS3DestinationConfiguration"]
    parameters: list[dict[str, Any]] = destination["ProcessingConfiguration"]["Processors"][0][
        "Parameters"
    ]
    (size,) = [
        parameter["ParameterValue"]
        for parameter in parameters
        if parameter["ParameterName"] == "BufferSizeInMBs"
    ]
    return float(size)


def _rounded(size: int, unit: int) -> int:
    return math.ceil(size / unit) * unit
