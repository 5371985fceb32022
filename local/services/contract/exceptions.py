r"""Patterns of the models that do not say what the service takes.

Each replaces a pattern by one that does, with its source. A pattern that Python's `re` lacks
alone is no exception: `patterns.py` translates it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelException:
    """A pattern that the model states, and the one to use instead."""

    stated: str
    instead: str
    shapes: str
    reason: str
    source: str
    """Where the reason can be read; `inferred` with the argument, if nobody has written it down."""


_PACKAGES = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html"
TABLE = [
    ModelException(
        stated=r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128}",
        instead=r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]{1,128}",
        shapes="sagemaker: CustomerMetadataKey",
        reason="A repeated end of the text stands for the shape's length of 1 to 128.",
        source=_PACKAGES,
    ),
    ModelException(
        stated=r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}",
        instead=r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]{1,256}",
        shapes="sagemaker: CustomerMetadataValue",
        reason="A repeated end of the text stands for the shape's length of 1 to 256.",
        source=_PACKAGES,
    ),
]
EXCEPTIONS = {exception.stated: exception.instead for exception in TABLE}
