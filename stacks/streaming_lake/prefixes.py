"""The prefixes of the lake's and the raw log's buckets (ST-04, ST-13)."""

# As Firehose delivers events: Parquet, by the hour of arrival.
EVENTS = "events/"
# Lines of the raw log that were replayed: compressed JSON, by the hour of arrival. Not below
# `events/`: Athena takes every file below a table's location for one of the table's format
# (https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html, "Athena reads files
# that I excluded", read 2026-11-29).
REPLAYED = "replayed/"
# One row per flight, by the date of the event.
CURATED = "curated/"
# Hourly weather, loaded in batches, by month.
WEATHER = "weather/"
# Lines that the transform refused, with reasons.
REJECTED = "rejected/"
# Those that a replay refused.
REJECTED_AGAIN = f"{REJECTED}replayed/"
# What Firehose could not convert or deliver.
ERRORS = "errors/"
# What the curation job remembers between runs.
STATE = "state/"
# Training sets that Athena exports.
TRAINING = "training/"
# The raw log: records as they were received, from which a replay brings back all of the above that
# comes from events.
RAW_FLIGHTS = "flights/"
