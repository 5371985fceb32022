"""Read a document and cut it into what the services take."""
