"""A module for each format; each is imported when a document of its format comes."""
