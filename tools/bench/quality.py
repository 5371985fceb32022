"""How good the model is on the quarter that follows its training, on all flights.

`train.py` and `evaluate.py` run as they are, in the environment of the jobs.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.demos import training_set
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT

_MODEL = ROOT / "models" / "ml_platform" / "flight_delay"


@dataclass(frozen=True)
class Figures:
    """Of the evaluation's report; an interval is its lower and upper end."""

    roc_auc: float
    roc_auc_interval: list[float]
    baselines: dict[str, float]
    """Baseline -> its ROC AUC."""
    gain_interval: list[float]
    """The gain over the linear model."""
    pr_auc: float
    brier: float
    ece: float


def measure(folder: Path) -> Figures:
    """Train and evaluate below `folder`, which must be empty."""
    training_set.write(folder)
    splits = {name: f"{folder}/split={name}" for name in ("train", "validation", "test")}
    model, evaluation = folder / "model", folder / "evaluation"
    channels = [f"--{name}={splits[name]}" for name in ("train", "validation")]
    places = [f"--model-dir={model}", f"--checkpoint-dir={folder / 'checkpoints'}"]
    train = [str(PYTHON), str(_MODEL / "train.py"), *channels, *places]
    subprocess.run(train, stdout=subprocess.DEVNULL, check=True)
    inputs = [f"--{name}={place}" for name, place in splits.items()]
    outputs = [f"--model={model}", f"--evaluation={evaluation}"]
    evaluate = [str(PYTHON), str(_MODEL / "evaluate.py"), *inputs, *outputs]
    subprocess.run(evaluate, check=True)
    report = json.loads((evaluation / "evaluation.json").read_text())
    return Figures(
        baselines={name: figures["roc_auc"] for name, figures in report["baselines"].items()},
        gain_interval=report["baselines"]["logistic_regression"]["gain_interval"],
        **{
            name: report[name] for name in ("roc_auc", "roc_auc_interval", "pr_auc", "brier", "ece")
        },
    )
