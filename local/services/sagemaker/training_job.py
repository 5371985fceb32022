"""Runs a SageMaker training job: its request, and a folder laid out like the container's.

The toolkit of SageMaker's own containers runs the job's code in `.venv-model`: it reads the
channels below `input/data` and writes the model below `model`.
"""

import json
import os
import re
import subprocess
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.runtime.workspace import LocalError
from local.services.sagemaker import xgboost_metrics
from repository import ROOT

PYTHON = ROOT / ".venv-model" / "bin" / "python"
SAGEMAKER_ROOT = "/opt/ml/"
_LOG_CHARACTERS = 3_000
Request = Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """The result of a training job."""

    artefact: Path
    """The file `model.tar.gz`."""
    metrics: dict[str, float]
    """The last value of each metric that the image or the request defines."""
    seconds: float
    log: str


def run(request: Request, base: Path) -> Finished:
    """Run CreateTrainingJob on the channels below `base`, which replaces `/opt/ml`.

    Resumes from what the folder `checkpoints` holds. Raises LocalError with the failure that the
    toolkit wrote, and the end of the job's log.
    """
    started = time.monotonic()
    with start(request, base) as job:
        log, _ = job.communicate()
    if job.returncode:
        failure = base / "output" / "failure"
        reason = failure.read_text() if failure.exists() else f"exit code {job.returncode}"
        name = request["TrainingJobName"]
        raise LocalError(f"training job {name} failed: {reason}\n{log[-_LOG_CHARACTERS:]}")
    artefact = base / "model.tar.gz"
    with tarfile.open(artefact, "w:gz", compresslevel=1) as archive:
        archive.add(base / "model", ".")
    return Finished(artefact, _metrics(request, log), time.monotonic() - started, log)


def start(request: Request, base: Path) -> "subprocess.Popen[str]":
    """Start the job and return: its log is the process's output."""
    base = base.resolve()
    channels = [channel["ChannelName"] for channel in request["InputDataConfig"]]
    for name in channels:
        if not (base / "input" / "data" / name).is_dir():
            raise LocalError(f"channel {name} has no folder {base}/input/data/{name}")
    _configure(base, request["HyperParameters"], channels)
    return subprocess.Popen(  # noqa: S603 -- our own command
        [PYTHON.with_name("train")],
        env={
            # No credentials or settings of AWS: a job is as isolated as its container.
            "PATH": f"{PYTHON.parent}:{os.defpath}",
            "HOME": str(base),
            "PYTHONPATH": str(Path(__file__).parent / "container"),
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_TRAINING_MODULE": "training_toolkit:main",
            "SM_CHECKPOINT_DIR": str(base / "checkpoints"),
            **request.get("Environment", {}),
        },
        cwd=base,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A session of its own, so that a test can interrupt it with its children, as Spot does.
        start_new_session=True,
    )


def relocate(text: str, base: Path) -> str:
    """`text` with `base` in the place of SageMaker's folder."""
    return text.replace(SAGEMAKER_ROOT, f"{base}/")


def _configure(base: Path, hyperparameters: Mapping[str, str], channels: list[str]) -> None:
    """Write what the toolkit reads: `/opt/ml/input/config`."""
    config = base / "input" / "config"
    for folder in (config, base / "model", base / "output", base / "checkpoints"):
        folder.mkdir(parents=True, exist_ok=True)
    documents = {
        "hyperparameters": {name: relocate(value, base) for name, value in hyperparameters.items()},
        "inputdataconfig": {name: {"TrainingInputMode": "File"} for name in channels},
        # The toolkit waits until every host of the job has an address.
        "resourceconfig": {
            "current_host": "localhost",
            "hosts": ["localhost"],
            "network_interface_name": "lo",
        },
    }
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document))


def _metrics(request: Request, log: str) -> dict[str, float]:
    if xgboost_metrics.IMAGE in request["AlgorithmSpecification"].get("TrainingImage", ""):
        return xgboost_metrics.metrics(log)
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions", [])
    matches = {
        definition["Name"]: re.findall(definition["Regex"], log) for definition in definitions
    }
    return {name: float(values[-1]) for name, values in matches.items() if values}
