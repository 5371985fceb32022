"""One run of the job: it curates new events, publishes each day, and saves a watermark.

A run may be repeated or killed anywhere. Each version of a day is a folder of its own, and readers
go by the catalogue, which is pointed at new folders only when all of them are complete. The
watermark says from where to look for new objects, and looks back a little: what is read twice, or
was published by a run that died before it could remember, is known by its `event_id` and dropped.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights import transform
from curate_flights.catalog import Catalog, Day
from curate_flights.columns import CURATED, EVENT_ID, EVENTS, WEATHER
from curate_flights.lake import Lake, StoredObject

# Firehose tries to deliver for a day, so no object is filed under an hour further back than that;
# doubled to be safe.
_LONGEST_DELIVERY = timedelta(hours=48)
# About 90 bytes a row in Parquet: rows in a file of the wanted size.
_ROWS_A_MEBIBYTE = 12_000


@dataclass(frozen=True)
class Settings:
    """The settings of a run; `main.py` has the defaults."""

    events_prefix: str
    curated_prefix: str
    weather_prefix: str
    state_key: str
    overlap: timedelta
    superseded_grace: timedelta
    target_file_mebibytes: int


@dataclass(frozen=True)
class Summary:
    """The counts of a run: rows, unless the name says otherwise."""

    objects_read: int
    events: int
    known: int  # sent twice, or read again because the run looks back a little
    fresh: int
    late: int
    days_published: int
    objects_deleted: int


def run(lake: Lake, catalog: Catalog, settings: Settings) -> Summary:
    """Curate what has arrived since the last run. Raises what S3, Glue or Spark raise."""
    state = lake.remembered(settings.state_key)
    objects = _new_objects(lake, settings, state["watermark"] if state else None)
    published = catalog.locations()
    events = lake.read(EVENTS, [stored.key for stored in objects])
    fresh = _fresh(lake, settings, events, published).cache()
    counts = {
        (row["event_month"], row["event_day"]): row
        for row in fresh.groupBy("event_month", "event_day")
        .agg(F.count("*").alias("rows"), F.sum(F.col("late").cast("int")).alias("late"))
        .collect()
    }
    rows = sum(row["rows"] for row in counts.values())
    total = events.count() if objects else 0
    if counts:
        catalog.publish(_write(lake, settings, fresh, published, list(counts)))
    fresh.unpersist()
    newest = max((stored.modified for stored in objects), default=None)
    if newest:
        lake.remember(
            settings.state_key,
            {"watermark": newest.isoformat(), "finished_at": datetime.now(UTC).isoformat()},
        )
    deleted = _sweep(lake, settings, set(catalog.locations().values()))
    return Summary(
        objects_read=len(objects),
        events=total,
        known=total - rows,
        fresh=rows,
        late=sum(row["late"] for row in counts.values()),
        days_published=len(counts),
        objects_deleted=deleted,
    )


def _new_objects(lake: Lake, settings: Settings, watermark: str | None) -> list[StoredObject]:
    if watermark is None:
        return lake.objects(settings.events_prefix)
    seen_until = datetime.fromisoformat(watermark)
    oldest_hour = (seen_until - _LONGEST_DELIVERY).strftime("%Y-%m-%d-%H")
    start = f"{settings.events_prefix}arrival_hour={oldest_hour}"
    objects = lake.objects(settings.events_prefix, start_after=start)
    return [stored for stored in objects if stored.modified > seen_until - settings.overlap]


def _fresh(
    lake: Lake, settings: Settings, events: DataFrame, published: dict[Day, str]
) -> DataFrame:
    curated_ids = lake.read(EVENT_ID, sorted(published.values()))
    days = lake.spark.createDataFrame(sorted(published), "event_month string, event_day string")
    weather = lake.read(WEATHER, [stored.key for stored in lake.objects(settings.weather_prefix)])
    new = transform.not_yet_curated(transform.distinct_events(events), curated_ids)
    dated = transform.marked_late(transform.with_day(new), days)
    return transform.curated(transform.with_weather(dated, weather))


def _write(
    lake: Lake, settings: Settings, fresh: DataFrame, published: dict[Day, str], days: list[Day]
) -> dict[Day, str]:
    """Write the new version of each of `days`; returns their folders. Nobody reads them yet."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    before = lake.read(CURATED, sorted(published[day] for day in days if day in published))
    after = fresh.unionByName(transform.with_day(before)).withColumn("run", F.lit(run_id))
    partition = ["event_month", "event_day", "run"]
    # All rows of a day to one task, which cuts files at the wanted size.
    gathered = after.repartition("event_month", "event_day")
    rows_a_file = settings.target_file_mebibytes * _ROWS_A_MEBIBYTE
    lake.write(gathered, settings.curated_prefix, partition, rows_a_file)
    return {
        (month, day): f"{settings.curated_prefix}event_month={month}/event_day={day}/run={run_id}/"
        for month, day in days
    }


def _sweep(lake: Lake, settings: Settings, live: set[str]) -> int:
    """Delete folders that no reader can reach and no query can still be reading."""
    objects = lake.objects(settings.curated_prefix)
    last_changes: dict[str, datetime] = {}
    for stored in objects:
        folder = _folder(stored.key)
        last_changes[folder] = max(stored.modified, last_changes.get(folder, stored.modified))
    # Queries may have been planned on a folder until the day's live one took its place, however
    # old its files are; one that a killed run left behind was never read.
    replaced = {_day(folder): last_changes[folder] for folder in live if folder in last_changes}
    grace_started = datetime.now(UTC) - settings.superseded_grace
    dead = [
        stored.key
        for stored in objects
        if (folder := _folder(stored.key)) not in live
        and max(last_changes[folder], replaced.get(_day(folder), last_changes[folder]))
        <= grace_started
    ]
    lake.delete(dead)
    return len(dead)


def _folder(key: str) -> str:
    return f"{key.rpartition('/')[0]}/"


def _day(folder: str) -> str:
    return folder.rpartition("run=")[0]
