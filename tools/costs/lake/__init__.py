"""What the streaming lake costs at work: ingest, store, curate, replay, query."""
