"""What each group of features adds: the model trained without it, on all flights."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.demos import training_set
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT


@dataclass(frozen=True)
class Variant:
    """One set of features, or another split."""

    variant: str
    validation: float
    """ROC AUC on the validation split, by which features are chosen."""
    test: float
    """ROC AUC on the last quarter."""
    difference: tuple[float, float] | None
    """From the model's, on the test split: the 95 % interval over days; None: other flights."""


def measure(folder: Path) -> list[Variant]:
    """Train every variant below `folder`, which must be empty."""
    training_set.write(folder)
    worker = subprocess.run(
        [PYTHON, ROOT / "tools" / "bench" / "ablation_worker.py", folder],
        env={"PYTHONPATH": str(ROOT / "models" / "ml_platform" / "flight_delay")},
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Variant(**row) for row in json.loads(worker.stdout)]
