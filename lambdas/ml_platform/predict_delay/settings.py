"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The endpoint that is asked."""

    endpoint_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            endpoint_name=environment["ENDPOINT_NAME"],
        )
