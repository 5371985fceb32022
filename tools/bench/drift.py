"""How often the drift check alarms without a shift and with one, how fast it is, and how large.

Limits are those of all flights' training split; the days after it, until the end of the year, are
judged by them.
"""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.ml_platform.detect_drift.capture import read
from lambdas.ml_platform.detect_drift.drift import Reference
from local.demos import training_set
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT
from stacks.catalogue import ENVIRONMENTS
from stacks.shared.bundle import lambda_bundle
from tools.bench.imports import import_ms

CAPTURES = 100_000
_MODEL = ROOT / "models" / "ml_platform" / "flight_delay"
_VARIABLES = {"BUCKET": "bucket", "ENDPOINT_NAME": "flight-delay", "MINIMUM_FLIGHTS": "500"}
_FLIGHT = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
_FLIGHT |= {"hour": 10, "distance_miles": 1400, "temperature_fahrenheit": 39.0}


@dataclass(frozen=True)
class Alarms:
    """Days that alarm, of those that have flights enough, and what the days are."""

    kind: str
    alarms: int
    days: int
    interval: list[float]
    """The 95 % interval of the share (Clopper and Pearson), as if days were independent."""
    features: list[str]
    """The features that were beyond their limits."""


@dataclass(frozen=True)
class Detected:
    """The share of the later days on which a planted shift alarms."""

    shift: str
    by_flights: dict[str, float]
    """Flights of the window, in words -> share of the days."""


def curves(folder: Path) -> tuple[list[Alarms], list[Detected]]:
    """False alarms and detection, on all flights; `folder` must be empty."""
    training_set.write(folder)
    worker = subprocess.run(
        [PYTHON, ROOT / "tools" / "bench" / "drift_worker.py", folder],
        env={"PYTHONPATH": f"{_MODEL}:{ROOT}"},
        stdout=subprocess.PIPE,
        check=True,
    )
    rows: dict[str, Any] = json.loads(worker.stdout)
    return [Alarms(**row) for row in rows["alarms"]], [Detected(**row) for row in rows["detected"]]


def seconds(statistics: dict[str, Any], captures: int) -> float:
    """Processor seconds to read and count so many captures of one flight, without S3."""
    request = json.dumps({"flights": [_FLIGHT]})
    captured = {"observedContentType": "application/json", "data": request, "encoding": "JSON"}
    line = json.dumps({"captureData": {"endpointInput": captured}}).encode()
    reference = Reference(statistics)
    counts = reference.empty()
    started = time.process_time()
    for flights in read(line for _ in range(captures)):
        reference.count(flights or [], counts)
    reference.shifts(counts, reference.window_hours[0])
    return time.process_time() - started


def statistics(folder: Path) -> dict[str, Any]:
    """What the evaluation writes of the training split in `folder`."""
    code = (
        "import json, sys, pathlib, features, reference;"
        "split = features.read_split(pathlib.Path(sys.argv[1]) / 'split=train');"
        "print(json.dumps(reference.statistics(split)))"
    )
    described = subprocess.run(
        [PYTHON, "-c", code, folder],
        env={"PYTHONPATH": f"{_MODEL}"},
        stdout=subprocess.PIPE,
        check=True,
    )
    document: dict[str, Any] = json.loads(described.stdout)
    return document


def import_milliseconds() -> float:
    """The import of the function, boto3 and its clients included."""
    return import_ms("ml_platform/detect_drift", _VARIABLES)


def bundle_megabytes() -> float:
    """What Lambda unpacks, in million bytes; Lambda brings boto3 itself."""
    folder = lambda_bundle("ml_platform/detect_drift", ENVIRONMENTS["sandbox"].lambda_target)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
