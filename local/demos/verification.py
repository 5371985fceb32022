"""Drives a deployed architecture with a small real load: the local AWS, or a reader's account."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests

from local.demos.prediction_api import PredictionApi
from local.demos.report import Check
from local.runtime.deployment import Outputs
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.services.athena.queries import Athena


class Account(Protocol):
    """An AWS account: stack outputs and AWS APIs are all that a verification may use."""

    poll_seconds: float
    """How often to ask whether something has ended."""

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        ...

    def athena(self, outputs: dict[str, str]) -> Athena:
        """The work group and database that outputs name."""
        ...

    def post(self, url: str, body: bytes) -> requests.Response:
        """A request to API Gateway, signed with the caller's credentials."""
        ...


@dataclass(frozen=True)
class Verification:
    """What `make verify` does to one architecture."""

    usd: float
    """About what it costs, at list prices of us-east-1."""
    minutes: int
    """About how long it takes on AWS, where buffers and instances need their time."""
    leaves: str
    """What stays in the account afterwards."""
    run: Callable[[Account, Outputs, Steps], list[Check]]
    """Raises LocalError if the architecture fails."""


class LocalAccount:
    """The local AWS as an account."""

    poll_seconds = 0.2

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        return self._emulator.client(service)

    def athena(self, outputs: dict[str, str]) -> Athena:
        """Queries in DuckDB's dialect."""
        return Athena(self._emulator, outputs)

    def post(self, url: str, body: bytes) -> requests.Response:
        """A request to the emulator's API Gateway."""
        return PredictionApi(self._emulator, url).send(body)


def verification_of(architecture: str) -> Verification | None:
    """The verification of an architecture, None if it has none."""
    folder = architecture.replace("-", "_")
    if not (Path(__file__).parent / folder / "verification.py").exists():
        return None
    module = importlib.import_module(f"local.demos.{folder}.verification")
    verification: Verification = module.VERIFICATION
    return verification
