"""What an architecture offers to fill it with data: in the local AWS, or in a reader's account."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.demos.verification import Account
from local.runtime.deployment import Outputs
from local.runtime.progress import Steps


@dataclass(frozen=True)
class Sample:
    """What `make produce` does to one architecture. Both return a sentence for the user."""

    usd: float
    """About what all of it costs, at list prices of us-east-1."""
    flights: int
    """How many of the project's flights are enough to try it."""
    fill: Callable[[Account, Outputs, Steps, int], str]
    """Sends so many of the project's own events, and what they are to be joined with."""
    send_file: Callable[[Account, Outputs, Steps, Path], str]
    """Sends the lines of a file. Raises LocalError."""


def sample_of(architecture: str) -> Sample | None:
    """The sample of an architecture, None if it takes no events."""
    folder = architecture.replace("-", "_")
    if not (Path(__file__).parent / folder / "sample.py").exists():
        return None
    sample: Sample = importlib.import_module(f"local.demos.{folder}.sample").SAMPLE
    return sample
