"""The prefixes of the lake's and the raw log's buckets (ST-04, ST-13)."""

# As Firehose delivers events: Parquet, by the hour of arrival.
EVENTS = "events/"
# One row per flight, by the date of the event.
CURATED = "curated/"
# Hourly weather, loaded in batches, by month.
WEATHER = "weather/"
# Lines that the transform refused, with reasons.
REJECTED = "rejected/"
# What Firehose could not convert or deliver.
ERRORS = "errors/"
# What the curation job remembers between runs.
STATE = "state/"
# Training sets that Athena exports.
TRAINING = "training/"
# The raw log: records as they were received.
RAW_FLIGHTS = "flights/"
