"""Trains on the same two frames with `train.py` and with plain XGBoost, in turns.

Runs in `.venv-model` with the model's folder on its path: `training_worker.py <set>`.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xgboost as xgb

from features import FEATURES, LABEL, categories, read_split
from train import FIXED, arguments, as_matrices, shaping, train

ROUNDS = 100
TURNS = 4
Frames = dict[str, pd.DataFrame]


def plain(frames: Frames, parameters: dict[str, float]) -> None:
    """Plain XGBoost: the frame's own categories, XGBoost's loop and early stopping."""
    matrices: dict[str, xgb.QuantileDMatrix] = {}
    for name, flights in frames.items():
        matrices[name] = xgb.QuantileDMatrix(
            flights[FEATURES],
            flights[LABEL],
            enable_categorical=True,
            max_bin=FIXED["max_bin"],
            ref=matrices.get("train"),
        )
    xgb.train(
        {**parameters, **FIXED},
        matrices["train"],
        ROUNDS,
        evals=[(matrix, name) for name, matrix in matrices.items()],
        early_stopping_rounds=ROUNDS,
        verbose_eval=True,
    )


def with_train(frames: Frames, parameters: dict[str, float]) -> None:
    """The same by `train.py`: checkpoints that can be resumed, and its log."""
    with tempfile.TemporaryDirectory() as folder:
        train(
            as_matrices(frames, categories(frames["train"])),
            parameters,
            num_round=ROUNDS,
            early_stopping_rounds=ROUNDS,
            checkpoint=Path(folder) / "checkpoint.ubj",
        )


def seconds(trainer: Callable[[Frames, dict[str, float]], None], frames: Frames) -> float:
    """The time of one trainer."""
    parameters = shaping(arguments(["--train=.", "--validation=.", "--model-dir=."]))
    started = time.perf_counter()
    trainer(frames, parameters)
    return time.perf_counter() - started


if __name__ == "__main__":
    output = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    splits = {
        name: read_split(Path(sys.argv[1]) / f"split={name}") for name in ("train", "validation")
    }
    times: dict[Callable[..., None], list[float]] = {plain: [], with_train: []}
    for _ in range(TURNS):
        for trainer, runs in times.items():
            runs.append(seconds(trainer, splits))
    json.dump(
        {
            "rows": len(splits["train"]),
            "rounds": ROUNDS,
            "seconds": min(times[with_train]),
            "plain_seconds": min(times[plain]),
        },
        output,
    )
