"""The Glue job that turns delivered events into curated flights: each once, in its own day."""
