"""Requests for training jobs as the workflow makes them, and the folders that they use."""

import shutil
from pathlib import Path
from typing import Any

from stacks.shared.bundle import model_bundle

SMALL = {"max_depth": "4", "num_round": "30", "eta": "0.3"}
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
SPLITS = ("train", "validation")


def request(**hyperparameters: str) -> dict[str, Any]:
    return {
        "TrainingJobName": "flight-delay",
        "AlgorithmSpecification": {"TrainingImage": IMAGE},
        "InputDataConfig": [{"ChannelName": name} for name in (*SPLITS, "code")],
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
            "sagemaker_region": "eu-central-1",
            **hyperparameters,
        },
    }


def lay_out(base: Path, training_set: Path) -> Path:
    """Fill `base` like SageMaker's `/opt/ml`, with channels `train`, `validation`, `code`."""
    data = base / "input" / "data"
    for name in SPLITS:
        shutil.copytree(training_set / f"split={name}", data / name)
    (data / "code").mkdir()
    shutil.copy(model_bundle("ml_platform/flight_delay"), data / "code")
    return base
