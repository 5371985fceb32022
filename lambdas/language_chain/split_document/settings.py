"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Which documents are read, and where their parts are written."""

    formats: tuple[str, ...]
    json_lines_field: str
    results_bucket: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            formats=tuple(environment["FORMATS"].split(",")),
            json_lines_field=environment["JSON_LINES_FIELD"],
            results_bucket=environment["RESULTS_BUCKET"],
        )
