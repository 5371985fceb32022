"""What a user of the streaming lake may want to change."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from settings.types import STRICT, BudgetUsd, Off

# Six fields: minutes hours day-of-month month day-of-week year.
GLUE_CRON = r"^cron\(\S+( \S+){5}\)$"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StreamingLakeSettings:
    """What a user of the streaming lake may want to change."""

    # One shard takes 1 MiB/s or 1,000 records/s and costs 11 USD a month; none: on demand, which
    # scales by itself and costs 29 USD a month before the first byte (IN-06).
    shards: Annotated[Annotated[int, Field(ge=1, le=1000)] | None, Off]
    # 24 hours to 365 days (IN-07; the notes' seven days are outdated).
    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 24
    # Parquet conversion needs at least 64 MiB; longer and larger means fewer, larger files.
    buffer_mebibytes: Annotated[int, Field(ge=64, le=128)] = 128
    buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 300
    # The transform gets a batch this large or this old; Lambda takes at most 6 MB, base64 included.
    transform_buffer_mebibytes: Annotated[float, Field(ge=0.2, le=3)] = 1
    transform_buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 60
    # Compliance mode: nobody, the root user included, deletes a raw object earlier (ST-12).
    object_lock_days: Annotated[Annotated[int, Field(ge=1, le=36500)] | None, Off] = None
    # Schedules in Glue's six-field cron, UTC; none: on demand only, so an idle lake costs nothing.
    curate_schedule: Annotated[Annotated[str, Field(pattern=GLUE_CRON)] | None, Off] = None
    crawl_schedule: Annotated[Annotated[str, Field(pattern=GLUE_CRON)] | None, Off] = None
    # Flex runs on spare capacity for a third less, and may wait for it (ET-03).
    curate_flex: bool = True
    curate_max_workers: Annotated[int, Field(ge=2, le=100)] = 4
    # A query that would read more is stopped; Athena refuses a limit under 10 MB.
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    query_result_days: Annotated[int, Field(ge=1, le=3650)] = 30
    # Replaced partitions stay this long, so that a query planned on them can finish.
    superseded_grace_hours: Annotated[int, Field(ge=0, le=720)] = 24
    budget_usd: BudgetUsd = None
