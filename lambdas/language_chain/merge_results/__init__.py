"""Put together what was found in the pieces of a document."""
