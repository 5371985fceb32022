"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Which captured requests are compared with the training set."""

    window_hours: int
    minimum_flights: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            window_hours=int(environment["WINDOW_HOURS"]),
            minimum_flights=int(environment["MINIMUM_FLIGHTS"]),
        )
