"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Which captured requests are compared with the training set."""

    bucket: str
    endpoint_name: str
    minimum_flights: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            bucket=environment["BUCKET"],
            endpoint_name=environment["ENDPOINT_NAME"],
            minimum_flights=int(environment["MINIMUM_FLIGHTS"]),
        )
