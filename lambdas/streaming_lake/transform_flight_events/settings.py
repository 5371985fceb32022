"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where rejected lines are written."""

    rejected_bucket: str
    rejected_prefix: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            rejected_bucket=environment["REJECTED_BUCKET"],
            rejected_prefix=environment["REJECTED_PREFIX"],
        )
