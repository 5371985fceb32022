"""Training on all flights: the job as SageMaker runs it, and its loop compared with XGBoost's."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.demos import training_set
from local.services.sagemaker import training_job
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT
from stacks.shared.bundle import model_bundle
from tools.bench.memory import PeakMemory

_MODEL = ROOT / "models" / "ml_platform" / "flight_delay"
_SPLITS = ("train", "validation")


@dataclass(frozen=True)
class Figures:
    """Seconds from frames to booster (the least of several runs), and of the job as a whole."""

    rows: int
    rounds: int
    seconds: float
    plain_seconds: float
    job_seconds: float
    job_mebibytes: float

    @property
    def overhead(self) -> float:
        """The time of checkpoints, early stopping and log, as a share of plain XGBoost."""
        return self.seconds / self.plain_seconds - 1


def measure(folder: Path) -> Figures:
    """Train below `folder`, which must be empty; the model is in `opt/model`."""
    training_set.write(folder)
    base = folder / "opt"
    data = base / "input" / "data"
    (data / "code").mkdir(parents=True)
    for name in _SPLITS:
        (data / name).symlink_to(folder / f"split={name}")
    (data / "code" / "sourcedir.tar.gz").symlink_to(model_bundle("ml_platform/flight_delay"))
    request = {
        "TrainingJobName": "benchmark",
        "InputDataConfig": [{"ChannelName": name} for name in (*_SPLITS, "code")],
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
            "sagemaker_region": "eu-central-1",
        },
    }
    with training_job.start(request, base) as job, PeakMemory(job.pid) as memory:
        log, _ = job.communicate()
    if job.returncode:
        raise RuntimeError(log)
    # In the environment of the job, with one process for both.
    worker = subprocess.run(
        [PYTHON, ROOT / "tools" / "bench" / "training_worker.py", folder],
        env={"PYTHONPATH": str(_MODEL)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Figures(
        **json.loads(worker.stdout),
        job_seconds=memory.seconds,
        job_mebibytes=memory.mebibytes,
    )
