"""Costs of the streaming lake: ingest, store, curate, query.

Left out, each below a cent: requests to KMS (bucket keys, and a stream's data key that is reused
for minutes) and the reads of a curation.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from tools.assembly import Assembly, Resource
from tools.costs.declaration import ArchitectureCosts, Candidate, ChangedBy, MonthOfUse, Unit
from tools.costs.lines import Charge, Line, line
from tools.costs.template_reading import gb_second_key, one

# Storage classes of the raw log that charge for reading, beside those that must be restored first.
_RETRIEVAL = {"STANDARD_IA": "s3_ia_retrieval_gb", "GLACIER_IR": "s3_glacier_ir_retrieval_gb"}
_PUT_UNIT_BYTES, _ON_DEMAND_UNIT_BYTES, _FIREHOSE_UNIT_BYTES = 25 * 1024, 1024, 5 * 1024
# docs.aws.amazon.com/glue/latest/dg/add-job.html: a DPU is 4 vCPUs and 16 GB.
_CORES_A_DPU = 4
_DPU = {"G.1X": 1, "G.2X": 2}
_RUNS_A_DAY = 24


@dataclass(frozen=True)
class Assumptions:
    """What the lake ingests, and the speed of its parts."""

    event_bytes: Annotated[int, "bytes of an event: the mean of the demo's flights"]
    record_bytes: Annotated[int, "bytes of a record that the producer packs events into"]
    transform_mb_a_second: Annotated[float, "MB/s of the transform function, measured on one core"]
    invocation_overhead_seconds: Annotated[float, "seconds of an invocation besides the transform"]
    invocation_log_bytes: Annotated[int, "bytes that an invocation logs"]
    gzip_ratio: Annotated[float, "compression of the raw log by GZIP, measured"]
    parquet_ratio: Annotated[float, "compression of JSON by Parquet"]
    replay_mb_a_second: Annotated[float, "MB/s of a replay, measured on one core"]
    curate_minutes: Annotated[float, "minutes of a curation with the largest number of workers"]
    curate_rows_a_second: Annotated[float, "rows/s that a core merges into the table, measured"]
    match_rows_a_second: Annotated[
        float, "rows/s of the same day that a core matches and audits, measured"
    ]
    curate_seconds: Annotated[float, "seconds of a run besides, the start of Spark included"]
    compactions: Annotated[float, "times that a row is written anew by compaction"]


ASSUMED = Assumptions(
    event_bytes=271,
    record_bytes=100 * 1024,
    transform_mb_a_second=226,
    invocation_overhead_seconds=0.02,
    invocation_log_bytes=1_500,
    gzip_ratio=9.6,
    parquet_ratio=5,
    replay_mb_a_second=20,
    curate_minutes=3,
    curate_rows_a_second=14_500,
    match_rows_a_second=21_000,
    curate_seconds=30,
    compactions=1,
)


def _units(assembly: Assembly) -> Iterator[Unit]:
    million = 1_000_000 * ASSUMED.event_bytes
    for name, size, record_bytes in (
        ("1 GB ingested, packed into large records", 1_000_000_000, ASSUMED.record_bytes),
        ("1 million events, packed into large records", million, ASSUMED.record_bytes),
        ("1 million events, each a record of its own", million, ASSUMED.event_bytes),
    ):
        yield Unit(name, ingested(assembly, size, record_bytes))
    yield Unit("a month of storage of 1 GB of events", stored(assembly, 1))
    yield Unit("a curation", curation(assembly))
    yield Unit(f"1 TB of events of one day, curated in {_RUNS_A_DAY} runs", curated(assembly, 1e12))
    yield Unit("1 GB of events replayed from the raw log", replayed(assembly, 1, "STANDARD"))
    for storage_class, name in (
        ("STANDARD_IA", "Standard-IA, after 30 days"),
        ("GLACIER_IR", "Glacier Instant Retrieval, after 90 days"),
    ):
        yield Unit(f"1 GB of events replayed from {name}", replayed(assembly, 1, storage_class))
    yield Unit("1 TB scanned by queries", scanned(assembly, 1))


def ingested(assembly: Assembly, size: int, record_bytes: int) -> list[Line]:
    """`size` bytes through stream, transform and delivery, in records of `record_bytes`."""
    stream = one(assembly, "AWS::Kinesis::Stream")
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
    rounded = records * _rounded(record_bytes, _ON_DEMAND_UNIT_BYTES) / 1e9
    yield Charge("GB into the stream, by whole KB", "kinesis_on_demand_ingest_gb", rounded)
    yield Charge("GB out of the stream", "kinesis_on_demand_retrieval_gb", size / 1e9)
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


def stored(assembly: Assembly, gigabytes: float) -> list[Line]:
    """A month of events: the raw log, delivered Parquet, the table, and what it has replaced.

    A file that compaction has replaced is read by older snapshots until they expire, and is a
    noncurrent version of the bucket after that.
    """
    delivery = one(assembly, "AWS::KinesisFirehose::DeliveryStream")
    destination = delivery.properties["ExtendedS3DestinationConfiguration"]
    compressed = destination["S3BackupConfiguration"]["CompressionFormat"] == "GZIP"
    raw = gigabytes / (ASSUMED.gzip_ratio if compressed else 1)
    parquet = gigabytes / ASSUMED.parquet_ratio
    charges = [
        Charge("GB months of the raw log", "s3_standard_gb_month", raw),
        Charge("GB months of delivered Parquet", "s3_standard_gb_month", parquet),
        *_table(assembly, parquet),
    ]
    return [line(delivery, charge) for charge in charges]


def _table(assembly: Assembly, parquet: float) -> Iterator[Charge]:
    rewritten = parquet * ASSUMED.compactions
    if tables := assembly.of_type("AWS::S3Tables::Table"):
        snapshots = tables[0].properties["SnapshotManagement"]
        files = one(assembly, "AWS::S3Tables::TableBucket").properties["UnreferencedFileRemoval"]
        days = snapshots["MaxSnapshotAgeHours"] / 24 + files["NoncurrentDays"]
        storage = "s3_tables_storage_gb_month"
        yield Charge("GB that S3 Tables compacts", "s3_tables_compaction_gb", rewritten)
    else:
        optimizer = one(assembly, "AWS::Glue::TableOptimizer", "Maintenance/Retention")
        retention = optimizer.properties["TableOptimizerConfiguration"]["RetentionConfiguration"]
        days = retention["IcebergConfiguration"]["SnapshotRetentionPeriodInDays"]
        days += _noncurrent_days(one(assembly, "AWS::S3::Bucket", "Storage/Lake"))
        storage = "s3_standard_gb_month"
    yield Charge("GB months of the table", storage, parquet)
    kept = f"GB months of replaced files, kept {days:g} days"
    yield Charge(kept, storage, rewritten * days / (365 / 12))


def _noncurrent_days(bucket: Resource) -> int:
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    (days,) = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in rules
        if "NoncurrentVersionExpiration" in rule and "Prefix" not in rule
    ]
    return int(days)


def curated(assembly: Assembly, size: float) -> list[Line]:
    """`size` bytes of events of one day, by runs at equal intervals with all workers.

    Each run merges its share, and looks through what the day has by then: half of it on average.
    """
    job = one(assembly, "AWS::Glue::Job")
    rows = size / ASSUMED.event_bytes
    core_seconds = rows / ASSUMED.curate_rows_a_second
    core_seconds += _RUNS_A_DAY * rows / 2 / ASSUMED.match_rows_a_second
    workers = job.properties["NumberOfWorkers"]
    dpu = _DPU[job.properties["WorkerType"]]
    cores = _CORES_A_DPU * dpu * (workers - 1)  # one worker is the driver
    seconds = core_seconds / _RUNS_A_DAY / cores + ASSUMED.curate_seconds
    hours = _RUNS_A_DAY * seconds / 3600 * workers * dpu
    item = f"{_RUNS_A_DAY} runs of {seconds / 60:.0f} minutes with {workers} workers, DPU hours"
    flex = job.properties["ExecutionClass"] == "FLEX"
    return [line(job, Charge(item, _dpu_hour(flex=flex), hours))]


def _dpu_hour(*, flex: bool) -> str:
    return "glue_flex_dpu_hour" if flex else "glue_dpu_hour"


def curation(assembly: Assembly) -> list[Line]:
    """One run of the curation job with its largest number of workers; auto scaling uses fewer."""
    job = one(assembly, "AWS::Glue::Job")
    properties = job.properties
    flex = properties["ExecutionClass"] == "FLEX"
    charge = curation_charge(properties["NumberOfWorkers"], properties["WorkerType"], flex=flex)
    return [line(job, charge)]


def curation_charge(workers: int, worker_type: str, *, flex: bool) -> Charge:
    """The same for a job with these workers."""
    hours = workers * _DPU[worker_type] * ASSUMED.curate_minutes / 60
    return Charge(f"DPU hours{' of Flex' if flex else ''}", _dpu_hour(flex=flex), hours)


def replayed(assembly: Assembly, gigabytes: float, storage_class: str) -> list[Line]:
    """So many GB of events, in full objects of the raw log, read back; without a curation."""
    function = one(assembly, "AWS::Lambda::Function", "Replay")
    delivery = one(assembly, "AWS::KinesisFirehose::DeliveryStream")
    backup = delivery.properties["ExtendedS3DestinationConfiguration"]["S3BackupConfiguration"]
    objects = math.ceil(gigabytes * 1e9 / (backup["BufferingHints"]["SizeInMBs"] * 1024**2))
    size = int(gigabytes * 1e9 / ASSUMED.gzip_ratio / objects)
    memory = function.properties["MemorySize"] / 1024
    charges = replay_charges(memory, gb_second_key(function), {storage_class: [size] * objects})
    return [line(function, charge) for charge in charges]


def replay_charges(
    memory_gibibytes: float, second_key: str, sizes: Mapping[str, Sequence[int]]
) -> Iterator[Charge]:
    """A replay of raw objects: storage class -> their compressed sizes in bytes."""
    objects = sum(map(len, sizes.values()))
    compressed = sum(map(sum, sizes.values()))
    busy = (
        compressed * ASSUMED.gzip_ratio / (ASSUMED.replay_mb_a_second * 1e6)
        + objects * ASSUMED.invocation_overhead_seconds
    )
    yield Charge("GB seconds of the replay", second_key, busy * memory_gibibytes)
    yield Charge("million invocations of the replay", "lambda_requests_million", objects / 1e6)
    yield Charge("1,000 objects read", "s3_standard_get_1k", objects / 1000)
    yield Charge("1,000 objects written", "s3_standard_put_1k", objects / 1000)
    for storage_class, key in _RETRIEVAL.items():
        if storage_class in sizes:
            yield Charge("GB retrieved", key, sum(sizes[storage_class]) / 1e9)


def scanned(assembly: Assembly, terabytes: float) -> list[Line]:
    """Scanned by Athena: of Parquet, a query reads the columns that it names."""
    work_group = one(assembly, "AWS::Athena::WorkGroup")
    return [line(work_group, Charge("TB scanned", "athena_scanned_tb", terabytes))]


COSTS = ArchitectureCosts(
    changed_by=(
        ChangedBy("streaming_lake.retention_hours", "kinesis_extended_retention_shard_hour"),
        ChangedBy("streaming_lake.shards", "kinesis_*_hour"),
        ChangedBy("streaming_lake.curate_schedule", "glue_dpu_hour"),
        ChangedBy("streaming_lake.crawl_schedule", "glue_crawler_dpu_hour"),
    ),
    units=_units,
    assumptions=ASSUMED,
    month=MonthOfUse(
        {
            "1 million events, packed into large records": 1000,
            "a curation": 730,
            "1 TB scanned by queries": 1,
        },
        replaces=("streaming_lake.curate_schedule",),
    ),
    candidates=(
        Candidate.of({"streaming_lake.shards": "1"}),
        Candidate.of({"streaming_lake.retention_hours": "24"}),
        Candidate.of({"streaming_lake.curate_flex": "true"}),
        Candidate.of({"streaming_lake.curate_max_workers": "4"}),
        Candidate.of({"streaming_lake.crawl_schedule": "none"}),
        Candidate.of({"streaming_lake.transform_buffer_mebibytes": "3"}),
        Candidate.of({"streaming_lake.table_format": "s3_tables"}),
    ),
)
