"""The streaming lake's units of work: ingest, keep, curate, ask.

Left out, each below a cent: requests to KMS (bucket keys, and a stream's data key for minutes) and
the reads of a curation.
"""

import math
from collections.abc import Iterator
from typing import Any

from tools.assembly import Resource, Templates
from tools.costs.assumptions import LAKE
from tools.costs.lines import Charge, Line, line
from tools.costs.template_reading import gb_second_key, one

_PUT_UNIT_BYTES, _ON_DEMAND_ROUND, _FIREHOSE_ROUND = 25 * 1024, 1024, 5 * 1024


def ingested(templates: Templates, size: int, record_bytes: int) -> list[Line]:
    """So many bytes through stream, transform and delivery, in records of a size."""
    stream = one(templates, "AWS::Kinesis::Stream")
    delivery = one(templates, "AWS::KinesisFirehose::DeliveryStream")
    function = one(templates, "AWS::Lambda::Function", "Transform")
    records = size / record_bytes
    return [
        line(resource.stack, resource.path, charge)
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
    rounded = records * _rounded(record_bytes, _ON_DEMAND_ROUND) / 1e9
    yield Charge("GB into the stream, by whole KB", "kinesis_on_demand_ingest_gb", rounded)
    yield Charge("GB out of the stream", "kinesis_on_demand_retrieval_gb", size / 1e9)
    days = stream.properties["RetentionPeriodHours"] / 24 - 1
    if days > 0:
        kept = size / 1e9 * min(days, 6) / (365 / 12)
        yield Charge(
            "GB months in the stream beyond a day",
            "kinesis_on_demand_extended_retention_gb_month",
            kept,
        )


def _delivered(
    delivery: Resource, size: int, records: float, record_bytes: int
) -> Iterator[Charge]:
    target = delivery.properties["ExtendedS3DestinationConfiguration"]
    rounded = records * _rounded(record_bytes, _FIREHOSE_ROUND) / 1e9
    yield Charge("GB delivered, by whole 5 KB", "firehose_kinesis_source_gb", rounded)
    if target["DataFormatConversionConfiguration"]["Enabled"]:
        yield Charge("GB made Parquet, by whole 5 KB", "firehose_format_conversion_gb", rounded)
    # As it comes in full buffers, once as Parquet and once as it was sent.
    buffers = [target["BufferingHints"]]
    if target.get("S3BackupMode") == "Enabled":
        buffers.append(target["S3BackupConfiguration"]["BufferingHints"])
    objects = sum(math.ceil(size / (each["SizeInMBs"] * 1024**2)) for each in buffers)
    yield Charge("1,000 objects written", "s3_standard_put_1k", objects / 1000)


def _transformed(function: Resource, delivery: Resource, size: int) -> Iterator[Charge]:
    calls = math.ceil(size / (_batch_mebibytes(delivery) * 1024**2))
    busy = size / (LAKE.transform_mb_a_second * 1e6) + calls * LAKE.call_overhead_seconds
    memory = function.properties["MemorySize"] / 1024
    yield Charge("GB seconds of the transform", gb_second_key(function), busy * memory)
    yield Charge("million calls of the transform", "lambda_requests_million", calls / 1e6)
    logged = calls * LAKE.call_log_bytes / 1e9
    yield Charge("GB that the transform logs", "cloudwatch_logs_ingest_gb", logged)


def _batch_mebibytes(delivery: Resource) -> float:
    target = delivery.properties["ExtendedS3DestinationConfiguration"]
    parameters: list[dict[str, Any]] = target["ProcessingConfiguration"]["Processors"][0][
        "Parameters"
    ]
    (size,) = [
        each["ParameterValue"] for each in parameters if each["ParameterName"] == "BufferSizeInMBs"
    ]
    return float(size)


def _rounded(size: int, unit: int) -> int:
    return math.ceil(size / unit) * unit


def stored(templates: Templates, gigabytes: float) -> list[Line]:
    """A month of what came in, as the raw log and as Parquet, twice: the events and the curated."""
    delivery = one(templates, "AWS::KinesisFirehose::DeliveryStream")
    target = delivery.properties["ExtendedS3DestinationConfiguration"]
    packed = target["S3BackupConfiguration"]["CompressionFormat"] == "GZIP"
    raw = gigabytes / (LAKE.gzip_ratio if packed else 1)
    parquet = 2 * gigabytes / LAKE.parquet_ratio
    charges = [
        Charge("GB months of the raw log", "s3_standard_gb_month", raw),
        Charge("GB months of Parquet, as it came and curated", "s3_standard_gb_month", parquet),
    ]
    return [line(delivery.stack, delivery.path, each) for each in charges]


def curation(templates: Templates) -> list[Line]:
    """One run of the curation with all of its workers; scaling takes fewer for less."""
    job = one(templates, "AWS::Glue::Job")
    per_worker = {"G.1X": 1, "G.2X": 2}[job.properties["WorkerType"]]
    hours = job.properties["NumberOfWorkers"] * per_worker * LAKE.curate_minutes / 60
    flex = job.properties["ExecutionClass"] == "FLEX"
    key = "glue_flex_dpu_hour" if flex else "glue_dpu_hour"
    charge = Charge(f"DPU hours{' of Flex' if flex else ''}", key, hours)
    return [line(job.stack, job.path, charge)]


def scanned(templates: Templates, terabytes: float) -> list[Line]:
    """So much read by Athena: Parquet, of which a query reads the columns it names."""
    group = one(templates, "AWS::Athena::WorkGroup")
    return [line(group.stack, group.path, Charge("TB scanned", "athena_scanned_tb", terabytes))]
