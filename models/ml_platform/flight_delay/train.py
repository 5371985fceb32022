"""Train the model: will the flight arrive more than 15 minutes late?

Runs unchanged in SageMaker's XGBoost container (script mode), under the sagemaker-training toolkit
on any machine, and from a notebook. The container says by `SM_CHANNEL_*` where the data is and by
`SM_MODEL_DIR` where the model goes (TR-07, TR-14); hyperparameters come as arguments (TR-15).

Every round prints `[12] train-auc:0.71 validation-auc:0.69`, which the job's metric definitions
read (TR-16). Every few rounds a checkpoint is left, and a job that a spot stop interrupted goes on
from it to the very model it would have made undisturbed (TR-13). Training stops when the
validation split stops getting better (TR-27).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import xgboost as xgb

import leaks
from features import (
    FEATURE_TYPES,
    FEATURES,
    LABEL,
    OPERATION,
    DataError,
    categories,
    encode,
    read_split,
)

MODEL_FILE = "model.ubj"
CHECKPOINT_FILE = "checkpoint.ubj"
# What no search changes. Trees that may split a number anywhere remember hours by their weather,
# and no hour comes again: few bins. An earlier delay never counts for the flight's being in time.
FIXED: dict[str, Any] = {
    "objective": "binary:logistic",
    "eval_metric": ["logloss", "auc"],
    "tree_method": "hist",
    "max_bin": 16,
    "monotone_constraints": dict.fromkeys(OPERATION, 1),
}
Matrices = dict[str, xgb.QuantileDMatrix]


def load(train_split: Path, validation_split: Path) -> tuple[Matrices, dict[str, list[str]]]:
    """Both splits as XGBoost takes them, and the categories known. Raises DataError."""
    splits = {"train": train_split, "validation": validation_split}
    frames = {name: read_split(folder) for name, folder in splits.items()}
    for name, flights in frames.items():
        if flights[LABEL].nunique() < 2:
            raise DataError(
                f"{splits[name]}: every flight has the same label, so it teaches nothing"
            )
    leaks.check(frames)
    known_codes = categories(frames["train"])
    return as_matrices(frames, known_codes), known_codes


def as_matrices(frames: dict[str, pd.DataFrame], known_codes: dict[str, list[str]]) -> Matrices:
    """The splits, `train` first, in the bins that the trees are grown from."""
    matrices: Matrices = {}
    for name, flights in frames.items():
        matrices[name] = xgb.QuantileDMatrix(
            encode(flights, known_codes),
            flights[LABEL],
            feature_names=FEATURES,
            feature_types=FEATURE_TYPES,
            enable_categorical=True,
            max_bin=FIXED["max_bin"],
            ref=matrices.get("train"),
        )
    return matrices


def train(
    matrices: Matrices,
    parameters: dict[str, Any],
    *,
    num_round: int,
    early_stopping_rounds: int,
    checkpoint: Path,
    checkpoint_rounds: int = 10,
    say: Callable[[str], None] = print,
) -> xgb.Booster:
    """The booster of at most `num_round` rounds, up to its best one on the validation split.

    Goes on from `checkpoint` if it is there. What must outlive an interruption is kept in the
    booster itself, as attributes, so that one file is the whole state.
    """
    whole = {
        **parameters,
        **FIXED,
        # What a round draws by lot depends on its number, not on the rounds that this process saw.
        "seed_per_iteration": True,
    }
    resumed = checkpoint if checkpoint.exists() else None
    booster = xgb.Booster(whole, list(matrices.values()), model_file=resumed)
    best_round, best = json.loads(booster.attr("best") or "[-1, -1]")
    if resumed:
        say(f"resuming after round {booster.num_boosted_rounds() - 1}")
    for number in range(booster.num_boosted_rounds(), num_round):
        if number - best_round > early_stopping_rounds:
            break
        booster.update(matrices["train"], number)
        judged = _metrics(booster, matrices, number)
        # Tabs, as XGBoost prints them: the container's own metrics are read from such lines.
        metrics = "\t".join(f"{name}:{value:.5f}" for name, value in judged.items())
        say(f"[{number}]\t{metrics}")
        if judged["validation-auc"] > best:
            best_round, best = number, judged["validation-auc"]
        if (number + 1) % checkpoint_rounds == 0:
            booster.set_attr(best=json.dumps([best_round, best]))
            _keep(booster, checkpoint)
            # Whoever resumes builds new trees with new samplers: so does whoever goes on.
            booster.load_config(booster.save_config())
    chosen: xgb.Booster = booster[: best_round + 1]
    return chosen


def _metrics(booster: xgb.Booster, matrices: Matrices, number: int) -> dict[str, float]:
    splits = [(matrix, name) for name, matrix in matrices.items()]
    # It answers with one line: the round in brackets, then name and value of each metric.
    _, *judged = booster.eval_set(splits, number).split()
    return {name: float(value) for name, _, value in (pair.partition(":") for pair in judged)}


def _keep(booster: xgb.Booster, checkpoint: Path) -> None:
    """Write the checkpoint to a temporary file and rename it, so that it is never incomplete."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    building = checkpoint.with_stem("building")
    booster.save_model(building)
    building.replace(checkpoint)


def save(booster: xgb.Booster, known_codes: dict[str, list[str]], folder: Path) -> None:
    """Leave in `folder` what an endpoint needs: the booster, and the code that serves it."""
    folder.mkdir(parents=True, exist_ok=True)
    booster.set_attr(best=None, categories=json.dumps(known_codes))
    booster.save_model(folder / MODEL_FILE)
    code = folder / "code"
    code.mkdir(exist_ok=True)
    for name in ("inference.py", "features.py"):
        shutil.copy(Path(__file__).with_name(name), code / name)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The parsed arguments; an invalid hyperparameter is an error that names it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    # On the validation split of all flights, depths from 4 to 8 and leaves from 20 to 100 flights
    # differ by less than 0.003; depths of 10 and more are worse by 0.006 and more.
    add("--max_depth", type=_number(int, 1, 20), default=6)
    add("--eta", type=_number(float, 0.001, 1), default=0.1)
    # Against overfitting (TR-27): less of the rows and columns, heavier leaves, smaller weights.
    add("--subsample", type=_number(float, 0.1, 1), default=0.9)
    add("--colsample_bytree", type=_number(float, 0.1, 1), default=0.6)
    add("--min_child_weight", type=_number(float, 0, 10_000), default=20)
    add("--reg_lambda", type=_number(float, 0, 10_000), default=5)
    add("--num_round", type=_number(int, 1, 10_000), default=400)
    add("--early_stopping_rounds", type=_number(int, 1, 10_000), default=30)
    add("--seed", type=_number(int, 0, 2**31 - 1), default=2013)
    add("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    add("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    add("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    # SageMaker keeps this folder in S3, and brings it back when a spot job starts again.
    checkpoints = os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints")
    add("--checkpoint-dir", type=Path, default=checkpoints)
    chosen = parser.parse_args(argv)
    for name in ("train", "validation", "model_dir"):
        if getattr(chosen, name) is None:
            parser.error(f"--{name.replace('_', '-')}: the channel or folder is missing")
    return chosen


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            whole = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"must be {whole} from {low} to {high}, not {text!r}")
        return value

    return parse


def shaping(chosen: argparse.Namespace) -> dict[str, float]:
    """The arguments that are XGBoost parameters."""
    names = ("max_depth", "eta", "subsample", "colsample_bytree", "min_child_weight", "reg_lambda")
    return {name: getattr(chosen, name) for name in (*names, "seed")}


def main() -> None:
    """Train with the given arguments and save the model; exit with a message on unusable data."""
    chosen = arguments()
    parameters = shaping(chosen)
    # The jobs of one tuning share a folder, and each must find only what it left itself.
    job = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:16]
    try:
        matrices, known_codes = load(chosen.train, chosen.validation)
    except DataError as error:
        sys.exit(str(error))
    booster = train(
        matrices,
        parameters,
        num_round=chosen.num_round,
        early_stopping_rounds=chosen.early_stopping_rounds,
        checkpoint=chosen.checkpoint_dir / job / CHECKPOINT_FILE,
        say=_say,
    )
    save(booster, known_codes, chosen.model_dir)


def _say(line: str) -> None:
    # At once: after a spot stop, what was not written is lost.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
