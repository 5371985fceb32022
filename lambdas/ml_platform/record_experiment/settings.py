"""The environment variables that the stack sets."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where runs are kept, and where their evaluations are."""

    tracking_uri: str
    """The ARN of the MLflow app."""
    experiments: Mapping[str, str]
    """ARN of a training workflow -> the experiment that its runs belong to. JSON."""
    bucket_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            tracking_uri=environment["TRACKING_URI"],
            experiments=json.loads(environment["EXPERIMENTS"]),
            bucket_name=environment["BUCKET_NAME"],
        )
