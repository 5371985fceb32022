"""Note an upload and start its workflow, once."""
