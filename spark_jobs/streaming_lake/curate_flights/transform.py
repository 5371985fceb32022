"""What makes a delivered event a curated flight: plain functions from DataFrame to DataFrame."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights.columns import CURATED


def distinct_events(events: DataFrame) -> DataFrame:
    """One row an `event_id`: the one that arrived first.

    Rows that arrived together are told apart by a hash of all their columns, so every run picks
    the same one.
    """
    first = Window.partitionBy("event_id").orderBy("arrived_at", F.xxhash64(*events.columns))
    numbered = events.withColumn("_position", F.row_number().over(first))
    return numbered.where("_position = 1").drop("_position")


def not_yet_curated(events: DataFrame, curated_ids: DataFrame) -> DataFrame:
    """Events whose `event_id` no curated flight has, whatever day it is in."""
    return events.join(curated_ids, "event_id", "left_anti")


def with_day(events: DataFrame) -> DataFrame:
    """Add the partition of each event: `event_month` (2013-01) and `event_day` (05), in UTC."""
    return events.withColumns(
        {
            "event_month": F.date_format("scheduled_departure", "yyyy-MM"),
            "event_day": F.date_format("scheduled_departure", "dd"),
        }
    )


def marked_late(events: DataFrame, published: DataFrame) -> DataFrame:
    """Add `late`: whether the event's day is among the `published` (event_month, event_day)."""
    days = published.withColumn("late", F.lit(True))
    joined = events.join(F.broadcast(days), ["event_month", "event_day"], "left")
    return joined.withColumn("late", F.coalesce("late", F.lit(False)))


def with_weather(events: DataFrame, weather: DataFrame) -> DataFrame:
    """Add the weather at the origin in the hour of departure.

    `weather_missing` says that there is no observation. Where there is one, a gust that was not
    measured is the wind speed, and precipitation that was left out is none. An airport's hour that
    was observed twice counts once, so that no flight is multiplied.
    """
    observed = weather.dropDuplicates(["origin", "observed_at"]).select(
        "origin",
        F.col("observed_at").alias("_hour"),
        "temperature_fahrenheit",
        "wind_speed_miles_per_hour",
        F.coalesce("wind_gust_miles_per_hour", "wind_speed_miles_per_hour").alias(
            "wind_gust_miles_per_hour"
        ),
        F.coalesce("precipitation_inches", F.lit(0.0)).alias("precipitation_inches"),
        "visibility_miles",
        F.lit(False).alias("weather_missing"),
    )
    hourly = events.withColumn("_hour", F.date_trunc("hour", "scheduled_departure"))
    joined = hourly.join(F.broadcast(observed), ["origin", "_hour"], "left").drop("_hour")
    return joined.withColumn("weather_missing", F.coalesce("weather_missing", F.lit(True)))


def curated(events: DataFrame) -> DataFrame:
    """The columns of `schemas/curated_flight`, in its order, and the day's two behind them."""
    flagged = events.withColumn("cancelled", F.isnull("departure_delay_minutes"))
    return flagged.select(*CURATED.fieldNames(), "event_month", "event_day")
