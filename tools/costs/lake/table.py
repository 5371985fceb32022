"""Costs of the lake's data: storage, curation and queries."""

from collections.abc import Iterator

from tools.assembly import Assembly, Resource
from tools.costs.lake.assumptions import ASSUMED
from tools.costs.lines import Charge, Line, line
from tools.costs.template_reading import one

# docs.aws.amazon.com/glue/latest/dg/add-job.html: a DPU is 4 vCPUs and 16 GB.
_CORES_A_DPU = 4
_DPU = {"G.1X": 1, "G.2X": 2}
RUNS_A_DAY = 24


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
    core_seconds += RUNS_A_DAY * rows / 2 / ASSUMED.match_rows_a_second
    workers = job.properties["NumberOfWorkers"]
    dpu = _DPU[job.properties["WorkerType"]]
    cores = _CORES_A_DPU * dpu * (workers - 1)  # one worker is the driver
    seconds = core_seconds / RUNS_A_DAY / cores + ASSUMED.curate_seconds
    hours = RUNS_A_DAY * seconds / 3600 * workers * dpu
    item = f"{RUNS_A_DAY} runs of {seconds / 60:.0f} minutes with {workers} workers, DPU hours"
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


def scanned(assembly: Assembly, terabytes: float) -> list[Line]:
    """Scanned by Athena: of Parquet, a query reads the columns that it names."""
    work_group = one(assembly, "AWS::Athena::WorkGroup")
    return [line(work_group, Charge("TB scanned", "athena_scanned_tb", terabytes))]
