"""Train the model: will the flight arrive more than 15 minutes late?

Runs unchanged in SageMaker's XGBoost container (script mode), under the sagemaker-training toolkit
on any machine, and from a notebook. The container says by `SM_CHANNEL_*` where the data is and by
`SM_MODEL_DIR` where the model goes (TR-07, TR-14); hyperparameters come as arguments (TR-15).

Every round prints `[12] train-auc:0.71 validation-auc:0.69`, which the job's metric definitions
read (TR-16). A checkpoint is kept every few rounds, and a job that a spot stop interrupted goes on
from it (TR-13). Training stops when the validation split stops getting better (TR-27).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import xgboost as xgb

from features import LABEL, DataError, read_split, typed

MODEL_FILE = "model.ubj"
_METRIC = "auc"
# Split -> metric -> its value after each round.
Story = dict[str, dict[str, list[float]]]


class Checkpoints(xgb.callback.TrainingCallback):
    """Keeps the booster and the story of its metrics, whole or not at all."""

    def __init__(self, folder: Path, every: int) -> None:
        super().__init__()
        self._folder, self._every = folder, every

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 -- XGBoost's own
        """Keep this round, if it is its turn."""
        if model.num_boosted_rounds() % self._every == 0:
            self.keep(model, evals_log)
        return False

    def keep(self, model: xgb.Booster, evals_log: Any) -> None:
        """Write booster and metrics beside their place, and move them there in one step."""
        self._folder.mkdir(parents=True, exist_ok=True)
        building = self._folder / "building"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        model.save_model(building / MODEL_FILE)
        (building / "metrics.json").write_text(json.dumps(evals_log))
        building.rename(self._folder / f"round-{model.num_boosted_rounds():06d}")
        for old in sorted(self._folder.glob("round-*"))[:-2]:
            shutil.rmtree(old)


class StopEarly(xgb.callback.TrainingCallback):
    """Stop when the validation metric has not got better for `rounds` rounds.

    XGBoost's own forgets, between two runs, when the best round was; this one asks the whole story,
    so that a job that was interrupted stops where an undisturbed one would have.
    """

    def __init__(self, rounds: int, earlier: list[float]) -> None:
        super().__init__()
        self._rounds, self._story = rounds, [*earlier]

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 -- XGBoost's own
        """Whether to stop after this round."""
        self._story.append(float(evals_log["validation"][_METRIC][-1]))
        return len(self._story) - 1 - self.best_round >= self._rounds

    @property
    def best_round(self) -> int:
        """The round with the best metric, counted from 0."""
        return max(range(len(self._story)), key=self._story.__getitem__)


def train(
    train_split: Path,
    validation_split: Path,
    checkpoints: Path,
    *,
    parameters: dict[str, float | int | str],
    num_round: int,
    early_stopping_rounds: int,
    checkpoint_rounds: int = 10,
) -> xgb.Booster:
    """The best booster of at most `num_round` rounds. Raises DataError for unusable data."""
    matrices: dict[str, xgb.QuantileDMatrix] = {}
    for name, folder in (("train", train_split), ("validation", validation_split)):
        frame = read_split(folder)
        matrices[name] = xgb.QuantileDMatrix(
            typed(frame, str(folder)),
            frame[LABEL],
            enable_categorical=True,
            ref=matrices.get("train"),
        )
    booster, earlier = _resume(checkpoints)
    done = booster.num_boosted_rounds() if booster else 0
    story = StopEarly(early_stopping_rounds, earlier["validation"][_METRIC] if booster else [])
    if done:
        print(f"resuming after round {done}", flush=True)  # noqa: T201 -- the job's log
    booster = xgb.train(
        {**parameters, "objective": "binary:logistic", "eval_metric": ["logloss", _METRIC]},
        matrices["train"],
        num_boost_round=num_round - done,
        evals=[(matrix, name) for name, matrix in matrices.items()],
        xgb_model=booster,
        callbacks=[_Whole(Checkpoints(checkpoints, checkpoint_rounds), earlier), story],
        verbose_eval=True,
    )
    best: xgb.Booster = booster[: story.best_round + 1]
    return best


class _Whole(xgb.callback.TrainingCallback):
    """Hands another callback the story from the first round on, not from the last resumption."""

    def __init__(self, inner: Checkpoints, earlier: Story) -> None:
        super().__init__()
        self._inner, self._earlier = inner, earlier

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: Any) -> bool:
        """Pass the round on."""
        whole = {
            split: {
                metric: [*self._earlier.get(split, {}).get(metric, []), *map(float, values)]
                for metric, values in metrics.items()
            }
            for split, metrics in evals_log.items()
        }
        return self._inner.after_iteration(model, epoch, whole)


def _resume(folder: Path) -> tuple[xgb.Booster | None, Story]:
    kept = sorted(folder.glob("round-*"))
    if not kept:
        return None, {}
    booster = xgb.Booster(model_file=kept[-1] / MODEL_FILE)
    return booster, json.loads((kept[-1] / "metrics.json").read_text())


def save(booster: xgb.Booster, folder: Path) -> None:
    """Leave in `folder` what an endpoint needs: the booster, and the code that serves it."""
    folder.mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / MODEL_FILE)
    code = folder / "code"
    code.mkdir(exist_ok=True)
    for name in ("inference.py", "features.py"):
        shutil.copy(Path(__file__).with_name(name), code / name)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the container, or a person, says; a wrong hyperparameter is an error that names it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    say = parser.add_argument
    say("--max_depth", type=int, default=8)
    say("--eta", type=float, default=0.1)
    say("--subsample", type=float, default=0.9)
    say("--colsample_bytree", type=float, default=0.8)
    say("--min_child_weight", type=float, default=20)
    say("--reg_lambda", type=float, default=5)
    say("--num_round", type=int, default=400)
    say("--early_stopping_rounds", type=int, default=20)
    say("--seed", type=int, default=2013)
    say("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    say("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    say("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    # SageMaker keeps this folder in S3, and brings it back when a spot job starts again.
    checkpoints = os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints")
    say("--checkpoint-dir", type=Path, default=checkpoints)
    chosen = parser.parse_args(given)
    for name in ("train", "validation", "model_dir"):
        if getattr(chosen, name) is None:
            parser.error(f"--{name.replace('_', '-')}: the channel or folder is missing")
    for name in ("max_depth", "num_round", "early_stopping_rounds"):
        if getattr(chosen, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(chosen, name)}")
    for name in ("eta", "subsample", "colsample_bytree"):
        if not 0 < getattr(chosen, name) <= 1:
            parser.error(f"--{name} must be above 0 and at most 1, not {getattr(chosen, name)}")
    return chosen


def main() -> None:
    """Train as told, and save the model; exit with a sentence on unusable data."""
    chosen = arguments()
    names = ("max_depth", "eta", "subsample", "colsample_bytree", "min_child_weight", "reg_lambda")
    parameters = {name: getattr(chosen, name) for name in (*names, "seed")}
    try:
        booster = train(
            chosen.train,
            chosen.validation,
            chosen.checkpoint_dir,
            parameters={**parameters, "tree_method": "hist"},
            num_round=chosen.num_round,
            early_stopping_rounds=chosen.early_stopping_rounds,
        )
    except DataError as error:
        sys.exit(str(error))
    save(booster, chosen.model_dir)


if __name__ == "__main__":
    main()
