"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Which language the pieces are in, what is asked, and where pieces and answers lie."""

    language: str
    personal_data: bool
    """Whether Comprehend detects personal data in that language."""
    results_bucket: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            language=environment["LANGUAGE"],
            personal_data=environment["PERSONAL_DATA"] == "true",
            results_bucket=environment["RESULTS_BUCKET"],
        )
