"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where results are written, and what becomes of personal data and speech."""

    redact: bool
    results_bucket: str
    speak: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            redact=environment["REDACT"] == "true",
            results_bucket=environment["RESULTS_BUCKET"],
            speak=environment["SPEAK"],
        )
