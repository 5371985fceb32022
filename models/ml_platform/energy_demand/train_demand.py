"""Train the model of electricity demand: quantiles of the next seven days, half hour by half hour.

Runs unchanged in SageMaker's XGBoost container (script mode), under the sagemaker-training toolkit
on any machine, and from a notebook. The container says by `SM_CHANNEL_*` where the data is and by
`SM_MODEL_DIR` where the model goes (TR-07, TR-14); hyperparameters come as arguments (TR-15).

The validation split only measures: it calibrates forecasts later, and a model that had been stopped
by it, or chosen by it, would miss less there than on any other weeks. A fit takes seconds, so a job
that a spot stop interrupted begins again, without checkpoints (TR-13).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from demand import DataError, Numbers, Series, read_split
from forecast import (
    HISTORY_DAYS,
    HORIZON_DAYS,
    QUANTILES,
    Rows,
    Weather,
    feature_names,
    features,
)

MODEL_FILE = "model.ubj"
_SERVED = ("serve_demand.py", "forecast.py", "demand.py")
# What no search changes. So few rows are fitted faster by one thread than by several.
_FIXED: dict[str, Any] = {
    "objective": "reg:quantileerror",
    "quantile_alpha": list(QUANTILES),
    "tree_method": "hist",
    "max_bin": 64,
    "nthread": 1,
}
# Each half hour is forecast from seven cut-offs, whose features are nearly the same.
_SHARE = 0.15
_LINE_ROUNDS = 10


def examples(
    series: Series, origins: range, weather: Weather, *, share: float = 1.0, seed: int = 0
) -> tuple[Rows, Numbers]:
    """Features and demand of the half hours that follow each origin; a random `share` of them."""
    draws = np.random.default_rng(seed)
    rows, demand = [], []
    for origin in origins:
        of_origin = features(series, origin, weather=weather)
        kept_rows = draws.random(len(of_origin)) < share
        rows.append(of_origin[kept_rows])
        followed = series.demand[origin : origin + HORIZON_DAYS].ravel()
        demand.append(followed[kept_rows])
    return np.concatenate(rows), np.concatenate(demand)


def train(
    series: Series,
    fitted_days: int,
    parameters: dict[str, Any],
    *,
    num_round: int,
    weather: Weather = "last_week",
    say: Callable[[str], None] = print,
) -> xgb.Booster:
    """The booster, fitted to the first `fitted_days` days, and measured on those that follow.

    Raises DataError if there are too few.
    """
    last = fitted_days - HORIZON_DAYS
    if last <= HISTORY_DAYS:
        raise DataError(
            f"the training split has {fitted_days} days, and {HISTORY_DAYS + HORIZON_DAYS + 1} are"
            " the fewest: features of four weeks, and a week that follows"
        )
    seed = int(parameters["seed"])
    # No half hour of a later day is fitted to, nor is any of its features from later.
    rows, demand = examples(
        series.until(fitted_days), range(HISTORY_DAYS, last + 1), weather, share=_SHARE, seed=seed
    )
    later = range(fitted_days, series.days - HORIZON_DAYS + 1, HORIZON_DAYS)
    later_rows, later_demand = examples(series, later, weather)
    names = feature_names(weather)
    matrix = xgb.QuantileDMatrix(rows, demand, feature_names=names, max_bin=_FIXED["max_bin"])
    booster = xgb.Booster({**parameters, **_FIXED}, [matrix])
    for number in range(num_round):
        booster.update(matrix, number)
        if (number + 1) % _LINE_ROUNDS == 0 or number + 1 == num_round:
            # Tabs, as XGBoost prints them: the container's own metrics are read from such lines.
            errors = {
                "train-mae": _median_error(booster, rows, demand),
                "validation-mae": _median_error(booster, later_rows, later_demand),
            }
            metrics = "\t".join(f"{name}:{value:.5f}" for name, value in errors.items())
            say(f"[{number}]\t{metrics}")
    booster.set_attr(fitted_until=f"{series.date(fitted_days - 1):%Y-%m-%d}")
    return booster


def _median_error(booster: xgb.Booster, rows: Rows, demand: Numbers) -> float:
    """The mean absolute error of the median, in gigawatts."""
    median = booster.inplace_predict(rows)[:, QUANTILES.index(0.5)]
    return float(np.abs(median - demand).mean())


def save(booster: xgb.Booster, folder: Path) -> None:
    """Leave in `folder` what a container needs: the booster, and the code that serves it."""
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / MODEL_FILE)
    for name in _SERVED:
        shutil.copy(Path(__file__).with_name(name), code / name)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The parsed arguments; an invalid hyperparameter is an error that names it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--max_depth", type=_number(int, 1, 12), default=4)
    add("--eta", type=_number(float, 0.001, 1), default=0.1)
    add("--subsample", type=_number(float, 0.1, 1), default=0.8)
    add("--colsample_bytree", type=_number(float, 0.1, 1), default=0.5)
    add("--min_child_weight", type=_number(float, 0, 10_000), default=20)
    add("--num_round", type=_number(int, 1, 5_000), default=150)
    add("--seed", type=_number(int, 0, 2**31 - 1), default=2014)
    add("--weather", choices=("last_week", "observed"), default="last_week")
    add("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    add("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    add("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
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
    names = ("max_depth", "eta", "subsample", "colsample_bytree", "min_child_weight", "seed")
    return {name: getattr(chosen, name) for name in names}


def main() -> None:
    """Train with the given arguments and save the model; exit with a message on unusable data."""
    chosen = arguments()
    try:
        fitted = read_split(chosen.train)
        series = fitted.followed_by(read_split(chosen.validation))
        booster = train(
            series,
            fitted.days,
            shaping(chosen),
            num_round=chosen.num_round,
            weather=chosen.weather,
            say=_say,
        )
    except DataError as error:
        sys.exit(str(error))
    save(booster, chosen.model_dir)


def _say(line: str) -> None:
    # At once: after a spot stop, what was not written is lost.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
