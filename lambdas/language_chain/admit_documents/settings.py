"""The environment variables that the stack sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where documents arrive and are recorded, and how many may run at once."""

    collections_prefix: str
    documents_at_once: int
    documents_table: str
    inbox_bucket: str
    keep_days: int
    recordings_at_once: int
    results_bucket: str
    state_machine_arn: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises KeyError, with the name of the variable that is missing."""
        return cls(
            collections_prefix=environment["COLLECTIONS_PREFIX"],
            documents_at_once=int(environment["DOCUMENTS_AT_ONCE"]),
            documents_table=environment["DOCUMENTS_TABLE"],
            inbox_bucket=environment["INBOX_BUCKET"],
            keep_days=int(environment["KEEP_DAYS"]),
            recordings_at_once=int(environment["RECORDINGS_AT_ONCE"]),
            results_bucket=environment["RESULTS_BUCKET"],
            state_machine_arn=environment["STATE_MACHINE_ARN"],
        )
