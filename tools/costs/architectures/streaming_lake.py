"""Costs of the streaming lake: what settings move, and units of work.

Left out, each below a cent: requests to KMS (bucket keys, and a stream's data key that is reused
for minutes) and the reads of a curation.
"""

from collections.abc import Iterator

from tools.assembly import Assembly
from tools.costs.declaration import ArchitectureCosts, Candidate, ChangedBy, MonthOfUse, Unit
from tools.costs.lake.assumptions import ASSUMED
from tools.costs.lake.ingest import appended, ingested
from tools.costs.lake.replay import replayed
from tools.costs.lake.table import RUNS_A_DAY, curated, curation, scanned, stored


def _units(assembly: Assembly) -> Iterator[Unit]:
    million = 1_000_000 * ASSUMED.event_bytes
    for name, size, record_bytes in (
        ("1 GB ingested, packed into large records", 1_000_000_000, ASSUMED.record_bytes),
        ("1 million events, packed into large records", million, ASSUMED.record_bytes),
        ("1 million events, each a record of its own", million, ASSUMED.event_bytes),
    ):
        yield Unit(name, ingested(assembly, size, record_bytes))
    if assembly.of_type("AWS::Kinesis::Channel"):
        name = "1 million events for the streaming table, without their delivery: price not known"
        yield Unit(name, appended(assembly, 1_000_000))
    yield Unit("a month of storage of 1 GB of events", stored(assembly, 1))
    yield Unit("a curation", curation(assembly))
    yield Unit(f"1 TB of events of one day, curated in {RUNS_A_DAY} runs", curated(assembly, 1e12))
    yield Unit("1 GB of events replayed from the raw log", replayed(assembly, 1, "STANDARD"))
    for storage_class, name in (
        ("STANDARD_IA", "Standard-IA, after 30 days"),
        ("GLACIER_IR", "Glacier Instant Retrieval, after 90 days"),
    ):
        yield Unit(f"1 GB of events replayed from {name}", replayed(assembly, 1, storage_class))
    yield Unit("1 TB scanned by queries", scanned(assembly, 1))


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
        Candidate.of({"streaming_lake.streaming_table": "true"}),
    ),
)
