"""One run of the job: it merges the events of files that it has not read into the Iceberg table.

It writes them to a branch of the table, audits the days that it changed there by the rules of data
quality, and publishes the branch as the table's next snapshot. Readers see all rows of a run,
whatever their days, or none: rows that break a rule stop the run, and the table stays as it was.

A run may be repeated or killed anywhere. Which files have been read is remembered after publishing:
a run that was killed between the two reads them again, and finds that the table has their events.
A run that a rule stopped has read nothing: the next one takes the same events, in their latest
versions. If another writer commits meanwhile, as the compaction does, the run starts again.

What is new is what is not in that list, however late Firehose delivers it and under whatever hour,
and whatever a replay has brought back from the raw log.
The list holds the files that are there, so it grows no longer than the lifecycle of `events/` lets
them lie. It belongs to one table: a table that was made anew, or rolled back to a snapshot before
the list, gets every file again.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights import quality, transform
from curate_flights.columns import EVENTS, WEATHER
from curate_flights.lake import Lake
from curate_flights.rules import Rule
from curate_flights.table import CuratedTable, OvertakenError

log = logging.getLogger("curate_flights")
# Another writer commits seldom: the compaction, after many commits of this job.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Settings:
    """The settings of a run; `main.py` has the defaults."""

    events_prefix: str
    replayed_prefix: str
    weather_prefix: str
    state_prefix: str
    target_file_mebibytes: int
    rules: Sequence[Rule]
    """What every flight of a changed day must keep, or the run publishes nothing."""
    leave_out: frozenset[str] = frozenset()
    """The ids of events that this run does not merge, although it reads their files."""


@dataclass(frozen=True)
class Summary:
    """The counts of a run: rows, unless the name says otherwise."""

    files_read: int
    events: int
    known: int  # sent twice, replayed, or older than what the table has
    fresh: int
    corrected: int  # a later version of an event that the table had
    late: int
    left_out: int  # by the setting `leave_out`
    days_changed: int
    snapshot_id: int | None

    @classmethod
    def of_nothing(cls, table: CuratedTable) -> "Summary":
        """A run that found no new files."""
        return cls(0, 0, 0, 0, 0, 0, 0, 0, table.snapshot_id())


def run(lake: Lake, table: CuratedTable, settings: Settings) -> Summary:
    """Curate what has arrived since the last run.

    Raises BrokenRulesError, OvertakenError after three attempts, and what S3, Glue or Spark raise.
    """
    table_id = table.prepare(settings.target_file_mebibytes * 1024**2)
    state_key = f"{settings.state_prefix}curate_flights/{table_id}.json.gz"
    files = {**lake.objects(settings.events_prefix), **lake.objects(settings.replayed_prefix)}
    read_before = _files_read(lake, table, state_key)
    new = [key for key, etag in files.items() if read_before.get(key) != etag]
    summary = _curate(lake, table, settings, new) if new else Summary.of_nothing(table)
    if files != read_before:
        # The counts are for people: a run's log is the only other place that has them.
        state = {"snapshot_id": summary.snapshot_id, "files": files, "summary": asdict(summary)}
        lake.remember(state_key, state)
    return summary


def _files_read(lake: Lake, table: CuratedTable, state_key: str) -> Mapping[str, str]:
    state = lake.remembered(state_key)
    if not state or table.was_rolled_back(state["snapshot_id"]):
        return {}
    files: dict[str, str] = state["files"]
    return files


def _events(lake: Lake, settings: Settings, keys: Sequence[str]) -> DataFrame:
    """The events of new objects, and whether a replay brought them: `replayed`."""
    replayed = [key for key in keys if key.startswith(settings.replayed_prefix)]
    delivered = [key for key in keys if not key.startswith(settings.replayed_prefix)]
    parts = [
        frame.withColumn("replayed", F.lit(value))
        for frame, value in (
            (lake.read(EVENTS, delivered), False),
            (lake.read_lines(EVENTS, replayed), True),
        )
    ]
    return parts[0].unionAll(parts[1]) if replayed else parts[0]


def _curate(lake: Lake, table: CuratedTable, settings: Settings, keys: list[str]) -> Summary:
    attempt = 1
    while True:
        try:
            return _merge(lake, table, settings, keys)
        except OvertakenError:
            if attempt == _ATTEMPTS:
                raise
            log.warning("Attempt %d of %d was overtaken", attempt, _ATTEMPTS, exc_info=True)
            attempt += 1


def _merge(lake: Lake, table: CuratedTable, settings: Settings, keys: list[str]) -> Summary:
    # Read first: whatever another writer commits from here on, publishing refuses.
    base = table.snapshot_id()
    events, left_out = _events(lake, settings, keys), 0
    if settings.leave_out:
        unwanted = F.col("event_id").isin(*settings.leave_out)
        left_out = events.where(unwanted).count()
        # An event without an id is for the rules to find.
        events = events.where(~F.coalesce(unwanted, F.lit(False)))
    with _cached(transform.latest_events(events)) as latest:
        per_day = latest.groupBy("event_day").agg(F.sum("copies").alias("events"))
        delivered = {row["event_day"]: row["events"] for row in per_day.collect()}
        changes = transform.changes(latest, table.rows(delivered), table.days())
        with _cached(changes) as changed:
            by_day = changed.groupBy(F.to_date("scheduled_departure").alias("event_day")).agg(
                F.count_if(~F.col("known")).alias("fresh"),
                F.count_if("known").alias("corrected"),
                F.count_if(~F.col("known") & F.col("late")).alias("late"),
            )
            days = by_day.collect()
            if days:
                weather = lake.read(WEATHER, [*lake.objects(settings.weather_prefix)])
                rows = transform.curated(transform.with_weather(changed, weather))
                _publish(table, base, rows, [row["event_day"] for row in days], settings.rules)
    total = sum(delivered.values())
    fresh, corrected, late = (
        sum(row[name] for row in days) for name in ("fresh", "corrected", "late")
    )
    return Summary(
        files_read=len(keys),
        events=total,
        known=total - fresh - corrected,
        fresh=fresh,
        corrected=corrected,
        late=late,
        left_out=left_out,
        days_changed=len(days),
        snapshot_id=table.snapshot_id(),
    )


def _publish(
    table: CuratedTable,
    base: int | None,
    rows: DataFrame,
    days: Sequence[date],
    rules: Sequence[Rule],
) -> None:
    with table.branch(base) as branch:
        branch.merge(rows, days)
        try:
            quality.check(branch.rows(days), rules)
        except quality.BrokenRulesError as error:
            raise quality.BrokenRulesError(
                f"{error}\nNothing was published. Snapshot {branch.snapshot_id()} of {table.name}"
                " holds what was refused, until it expires."
            ) from None
        branch.publish()


@contextmanager
def _cached(frame: DataFrame) -> Iterator[DataFrame]:
    """A frame that is computed once. Left in the cache, it would answer for a later attempt."""
    cached = frame.cache()
    try:
        yield cached
    finally:
        cached.unpersist()
