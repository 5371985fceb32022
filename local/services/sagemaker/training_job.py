"""Run a SageMaker training job here: its request, and a folder laid out like the container's.

The toolkit that runs inside SageMaker's containers runs the job's own code in `.venv-model`, from
the channels below the folder's `input/data` to its `model`.
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
from repository import ROOT

PYTHON = ROOT / ".venv-model" / "bin" / "python"
SAGEMAKER_ROOT = "/opt/ml/"
_LAST_WORDS = 3_000
Request = Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """What a training job leaves."""

    artefact: Path  # model.tar.gz
    metrics: dict[str, float]  # the last value of each metric definition
    seconds: float
    log: str


def run(request: Request, base: Path) -> Finished:
    """Run CreateTrainingJob on the channels below `base`, which stands for `/opt/ml`.

    What the folder `checkpoints` holds is resumed. Raises LocalError with what the toolkit wrote
    as the failure, and the job's last words.
    """
    started = time.monotonic()
    with start(request, base) as job:
        log, _ = job.communicate()
    if job.returncode:
        failure = base / "output" / "failure"
        why = failure.read_text() if failure.exists() else f"exit code {job.returncode}"
        name = request["TrainingJobName"]
        raise LocalError(f"training job {name} failed: {why}\n{log[-_LAST_WORDS:]}")
    artefact = base / "model.tar.gz"
    with tarfile.open(artefact, "w:gz", compresslevel=1) as archive:
        archive.add(base / "model", ".")
    return Finished(artefact, _metrics(request, log), time.monotonic() - started, log)


def start(request: Request, base: Path) -> "subprocess.Popen[str]":
    """Start the job, and leave it running: its log is the process's output."""
    base = base.resolve()
    channels = [channel["ChannelName"] for channel in request["InputDataConfig"]]
    for name in channels:
        if not (base / "input" / "data" / name).is_dir():
            raise LocalError(f"channel {name} has no folder {base}/input/data/{name}")
    _configure(base, request["HyperParameters"], channels)
    return subprocess.Popen(  # noqa: S603 -- our own command
        [PYTHON.with_name("train")],
        env={
            # Nothing of AWS is in a job's surroundings: it is as isolated as its container.
            "PATH": f"{PYTHON.parent}:{os.defpath}",
            "HOME": str(base),
            "PYTHONPATH": str(ROOT / "local" / "services" / "sagemaker"),
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_TRAINING_MODULE": "training_toolkit:main",
            "SM_CHECKPOINT_DIR": str(base / "checkpoints"),
            **request.get("Environment", {}),
        },
        cwd=base,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # With its children, so that a spot stop can be played.
        start_new_session=True,
    )


def moved(text: str, base: Path) -> str:
    """`text` with SageMaker's folders where they are here."""
    return text.replace(SAGEMAKER_ROOT, f"{base}/")


def _configure(base: Path, hyperparameters: Mapping[str, str], channels: list[str]) -> None:
    """Write what the toolkit reads: `/opt/ml/input/config`."""
    config = base / "input" / "config"
    for folder in (config, base / "model", base / "output", base / "checkpoints"):
        folder.mkdir(parents=True, exist_ok=True)
    documents = {
        "hyperparameters": {name: moved(value, base) for name, value in hyperparameters.items()},
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
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions", [])
    found = {each["Name"]: re.findall(each["Regex"], log) for each in definitions}
    return {name: float(values[-1]) for name, values in found.items() if values}
