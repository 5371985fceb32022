"""Settings of the streaming lake."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

import schemas
from stacks.environments import SettingsGroup
from stacks.shared.setting_types import STRICT, BudgetUsd, Listed, Off, Written

# Six fields: minutes hours day-of-month month day-of-week year.
_Schedule = Annotated[
    str, Written(r"cron\(\S+( \S+){5}\)", "a schedule of Glue, in UTC: `cron(15 * * * ? *)`")
]
_Condition = Annotated[
    str, Written(r"[^\n]{1,2048}", "a condition on one line, of at most 2,048 characters")
]
_Principal = Annotated[
    str, Written(r"arn:[^:]+:iam::\d{12}:(role|user)/\S+", "the ARN of an IAM role or user")
]


def _existing(name: str) -> str:
    names = [column.name for column in schemas.columns("curated_flight")]
    if name not in names:
        raise ValueError(f"curated flights have no column {name}; they have {', '.join(names)}")
    return name


Column = Annotated[str, AfterValidator(_existing)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StreamingLakeSettings:
    """The stream, its delivery, the curation job, queries and budget."""

    shards: Annotated[Annotated[int, Field(ge=1, le=1000)] | None, Off]
    """Shards of the Kinesis stream. One takes 1 MiB/s or 1,000 records/s and costs 11 USD a month;
    none: on-demand mode, which scales by itself and costs 29 USD a month before the first byte
    (IN-06)."""
    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 24
    """How long the stream keeps records: 24 to 8,760 hours, 365 days (IN-07; the notes'
    limit of seven days is outdated)."""
    buffer_mebibytes: Annotated[int, Field(ge=64, le=128)] = 128
    """Firehose writes an object when this much is buffered. Parquet conversion needs at least
    64 MiB, and Firehose takes at most 128; larger means fewer, larger files."""
    buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 300
    """Firehose writes an object after this time at the latest."""
    transform_buffer_mebibytes: Annotated[float, Field(ge=0.2, le=3)] = 1
    """Size of the batches that Firehose sends to the transform function, 0.2 to 3 MiB: Lambda takes
    at most 6 MB, Base64 included."""
    transform_buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 60
    """Firehose sends a smaller batch to the transform function after this time."""
    object_lock_days: Annotated[Annotated[int, Field(ge=1, le=36500)] | None, Off] = None
    """Object Lock of the raw log: nobody deletes a raw object earlier (ST-12). S3 takes at most
    36,500 days."""
    object_lock_mode: Literal["governance", "compliance"] = "governance"
    """Who may lift the lock. governance: who holds s3:BypassGovernanceRetention, which nothing here
    grants. compliance: nobody, the root user included; set it once objects are seen to arrive: that
    Firehose delivers into a locked bucket was not verified in an account."""
    curate_schedule: Annotated[_Schedule | None, Off] = None
    """Schedule of the curation job in Glue's six-field cron syntax, UTC; none: on demand only, so
    an idle lake runs nothing."""
    crawl_schedule: Annotated[_Schedule | None, Off] = None
    """Schedule of the crawler over the raw log, as `curate_schedule`."""
    curate_flex: bool = True
    """Run the curation job on spare capacity, for a third less; it may wait for it (ET-03)."""
    curate_max_workers: Annotated[int, Field(ge=2, le=100)] = 4
    """Upper limit of the curation job's auto scaling, in G.1X workers: at least 2, the driver and
    an executor, and at most 100, which no lake of this size needs."""
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    """Athena cancels a query that would scan more. Athena's minimum is 10 MB; 10,000,000 MiB, ten
    terabytes, is the most that this setting takes."""
    query_result_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long query results are kept."""
    lake_formation: Annotated[tuple[_Principal, ...], Listed] = ()
    """ARNs of the roles or users that read curated flights through Lake Formation alone: without
    `hidden_columns`, and only rows of `row_filter`. none: the analyst's policy reads every table.
    The role that deploys must be a data lake administrator."""
    hidden_columns: Annotated[tuple[Column, ...], Listed] = ("tail_number",)
    """Columns of the curated flights that Lake Formation shows to nobody in `lake_formation`."""
    row_filter: Annotated[
        Annotated[
            str, Written(r"[^\n]{1,2048}", "a condition on one line of at most 2,048 characters")
        ]
        | None,
        Off,
    ] = None
    """Condition that a curated flight must meet for those in `lake_formation`, as a PartiQL
    expression: origin='JFK'; none: all rows."""
    table_format: Literal["glue", "s3_tables"] = "glue"
    """Where the table of curated flights lies. glue: in the lake's bucket, with a catalogue entry
    and optimizers of Glue. s3_tables: in a table bucket, which maintains it; not in the local AWS,
    which has none, nor with `lake_formation` or for the training set of the ML platform."""
    streaming_table: bool = False
    """Another stream beside the first, of one event a record, which Kinesis itself appends to a
    table in S3 Tables. Its stream costs 29 USD a month while idle, and no list has the price of its
    delivery. Not in the local AWS, which has neither channels nor S3 Tables."""
    event_days: Annotated[int, Field(ge=2, le=3650)] = 30
    """How long delivered events lie in `events/`, and replayed ones in `replayed/`. The curation
    job has read them by then, or never will: its attempts may take hours, so at least 2. The raw
    log keeps them for good."""
    snapshot_days: Annotated[int, Field(ge=1, le=365)] = 5
    """How long queries can read the curated flights as they were: files that later commits replaced
    are kept, and paid for, as long."""
    budget_usd: BudgetUsd = None
    """Monthly budget. An alarm is sent at 80 % of it and when AWS forecasts more."""

    @model_validator(mode="after")
    def _check_table_format(self) -> Self:
        if self.table_format == "s3_tables" and self.lake_formation:
            raise ValueError("lake_formation needs table_format=glue: its filter names that table")
        return self


STREAMING_LAKE = SettingsGroup(
    "streaming_lake",
    local=StreamingLakeSettings(shards=1, buffer_seconds=3, transform_buffer_seconds=1),
    sandbox=StreamingLakeSettings(shards=1, budget_usd=25),
    production=StreamingLakeSettings(
        shards=None,
        retention_hours=168,
        buffer_seconds=900,
        object_lock_days=365,
        curate_schedule="cron(15 * * * ? *)",
        crawl_schedule="cron(0 3 * * ? *)",
        curate_flex=False,
        curate_max_workers=10,
        query_limit_mebibytes=1_048_576,
    ),
)
