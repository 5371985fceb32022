"""Note every upload, and let so many documents through the chain at a time."""
