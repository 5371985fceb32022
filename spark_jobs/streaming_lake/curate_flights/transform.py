"""What makes a delivered event a curated flight: plain functions from DataFrame to DataFrame."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights.columns import CURATED, EVENTS

_CONTENT = [name for name in EVENTS.fieldNames() if name != "arrived_at"]


def _version() -> Column:
    """Of two versions of an event the one that arrived later counts.

    A hash decides between those that arrived together, so that every run picks the same one,
    whatever came in which run.
    """
    return F.struct("arrived_at", F.xxhash64(*EVENTS.fieldNames()))


def latest_events(events: DataFrame) -> DataFrame:
    """One row for an `event_id` and day, in UTC: the version that arrived last.

    `event_day` is the day, `copies` how often the event is there. Beside the columns of EVENTS,
    `events` say whether they were `replayed`.
    """
    times = ("scheduled_departure", "arrived_at")
    typed = events.withColumns({name: F.col(name).cast("timestamp_ntz") for name in times})
    versions = typed.withColumns(
        {"event_day": F.to_date("scheduled_departure"), "_version": _version()}
    )
    same_event = Window.partitionBy("event_id", "event_day")
    numbered = versions.withColumns(
        {
            "copies": F.count("*").over(same_event),
            "_position": F.row_number().over(same_event.orderBy(F.desc("_version"))),
        }
    )
    return numbered.where("_position = 1").drop("_position")


def changes(latest: DataFrame, curated_rows: DataFrame, days: DataFrame) -> DataFrame:
    """The events that the table lacks, or has in an older version; adds `known` and `late`.

    `late`: the event's day was among `days` when it first came. A replayed version brings nothing
    if the table has its content, whenever that arrived: the raw log knows moments of objects only.
    Of delivered versions the moment is exact, and counts for itself: a flight that was corrected
    and corrected back is what it was at last, in whatever order its versions come.
    """
    before = curated_rows.select(
        "event_id",
        F.to_date("scheduled_departure").alias("event_day"),
        _version().alias("_version_before"),
        F.struct(*_CONTENT).alias("_content_before"),
        F.col("late").alias("_late_before"),
    )
    joined = latest.join(before, ["event_id", "event_day"], "left")
    same = F.struct(*_CONTENT).eqNullSafe(F.col("_content_before"))
    newer = joined.where(
        F.isnull("_version_before")
        | ((F.col("_version") > F.col("_version_before")) & ~(F.col("replayed") & same))
    )
    published = F.broadcast(days.withColumn("_published", F.lit(True)))
    return newer.join(published, "event_day", "left").select(
        *EVENTS.fieldNames(),
        F.col("_version_before").isNotNull().alias("known"),
        F.coalesce("_late_before", "_published", F.lit(False)).alias("late"),
    )


def with_weather(events: DataFrame, weather: DataFrame) -> DataFrame:
    """Add the weather at the origin in the hour of departure.

    `weather_missing` says that there is no observation. Where there is one, a gust that was not
    measured is the wind speed, and precipitation that was left out is none. An airport's hour that
    was observed twice counts once, so that no flight is multiplied.
    """
    observed = weather.dropDuplicates(["origin", "observed_at"]).select(
        "origin",
        F.col("observed_at").cast("timestamp_ntz").alias("_hour"),
        "temperature_fahrenheit",
        "wind_speed_miles_per_hour",
        F.coalesce("wind_gust_miles_per_hour", "wind_speed_miles_per_hour").alias(
            "wind_gust_miles_per_hour"
        ),
        F.coalesce("precipitation_inches", F.lit(0.0)).alias("precipitation_inches"),
        "visibility_miles",
        F.lit(False).alias("weather_missing"),
    )
    hour = F.date_trunc("hour", "scheduled_departure").cast("timestamp_ntz")
    hourly = events.withColumn("_hour", hour)
    joined = hourly.join(F.broadcast(observed), ["origin", "_hour"], "left").drop("_hour")
    return joined.withColumn("weather_missing", F.coalesce("weather_missing", F.lit(True)))


def curated(events: DataFrame) -> DataFrame:
    """The columns of `schemas/curated_flight`, in its order."""
    flagged = events.withColumn("cancelled", F.isnull("departure_delay_minutes"))
    return flagged.select(*CURATED.fieldNames())
