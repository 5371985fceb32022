"""The error of a document that cannot be read."""


class UnreadableError(ValueError):
    """An object without a text. The message says why, and what to do."""
