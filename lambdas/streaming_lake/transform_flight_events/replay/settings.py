"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where the raw log is, and where its good and its bad lines go."""

    raw_bucket: str
    raw_prefix: str
    lake_bucket: str
    replayed_prefix: str
    rejected_prefix: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            raw_bucket=environment["RAW_BUCKET"],
            raw_prefix=environment["RAW_PREFIX"],
            lake_bucket=environment["LAKE_BUCKET"],
            replayed_prefix=environment["REPLAYED_PREFIX"],
            rejected_prefix=environment["REJECTED_PREFIX"],
        )
