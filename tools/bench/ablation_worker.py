"""What each group of features adds to the model, and what a split by chance would pretend.

Runs in `.venv-model` with the model's folder on its path: `ablation_worker.py <set>`. Prints a JSON
list of rows. Models are compared on the validation split; the test split is looked at once.
"""

import json
import os
import sys
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar
from sklearn.metrics import roc_auc_score

from features import (
    CATEGORICAL,
    DEPARTURE,
    EVENT_ID,
    LABEL,
    OPERATION,
    WEATHER,
    categories,
    encode,
    read_split,
)
from judgement import DayBootstrap, interval
from train import arguments, as_matrices, shaping, train

ROUNDS, PATIENCE = 400, 30
HOLIDAY_DAYS = 4
Frames = dict[str, pd.DataFrame]
AIRPORT, AIRCRAFT = OPERATION


def probabilities(frames: Frames) -> dict[str, Any]:
    """The predictions for `validation` and `test` of a model trained as the job trains it."""
    known_codes = categories(frames["train"])
    two = {name: frames[name] for name in ("train", "validation")}
    with tempfile.TemporaryDirectory() as folder:
        booster = train(
            as_matrices(two, known_codes),
            shaping(arguments(["--train=.", "--validation=.", "--model-dir=."])),
            num_round=ROUNDS,
            early_stopping_rounds=PATIENCE,
            checkpoint=Path(folder) / "checkpoint.ubj",
            say=lambda _: None,
        )
    return {
        name: booster.inplace_predict(encode(frames[name], known_codes))
        for name in ("validation", "test")
    }


def without(frames: Frames, *features: str) -> Frames:
    """The same flights with these features missing: the model learns nothing from them."""
    return {
        name: flights.assign(**dict.fromkeys(features, np.nan)) for name, flights in frames.items()
    }


def with_holidays(frames: Frames) -> Frames:
    """The days from the nearest federal holiday, at most HOLIDAY_DAYS, in the month's place."""
    holidays = USFederalHolidayCalendar().holidays("2012-12-01", "2014-02-01").to_numpy()
    days = {}
    for name, flights in frames.items():
        day = flights[DEPARTURE].dt.normalize().to_numpy().astype("datetime64[D]")
        distance = (day[:, None] - holidays.astype("datetime64[D]")[None, :]).astype(int)
        nearest = distance[np.arange(len(day)), np.abs(distance).argmin(axis=1)]
        days[name] = flights.assign(month=nearest.clip(-HOLIDAY_DAYS, HOLIDAY_DAYS).astype(float))
    return days


def by_chance(frames: Frames) -> Frames:
    """The same flights, split 65/10/25 by a hash of the flight, as if the future were known."""
    flights = pd.concat(frames.values(), ignore_index=True)
    # Of unequal categories pandas makes plain text.
    flights = flights.astype(dict.fromkeys(CATEGORICAL, "category"))
    hashed = flights[EVENT_ID].map(lambda name: zlib.crc32(name.encode()) % 100)
    splits = {"train": hashed < 65, "validation": (hashed >= 65) & (hashed < 75)}
    splits["test"] = hashed >= 75
    return {name: flights[chosen].reset_index(drop=True) for name, chosen in splits.items()}


def rows(frames: Frames) -> list[dict[str, Any]]:
    """Each set of features: both ROC AUCs, and the test's difference from the model itself."""
    variants: Mapping[str, Frames] = {
        "the model": frames,
        "the schedule alone": without(frames, *WEATHER, *OPERATION),
        "the schedule and weather": without(frames, *OPERATION),
        "without the airport's delay": without(frames, AIRPORT),
        "without the aircraft's delay": without(frames, AIRCRAFT),
        "without weather": without(frames, *WEATHER),
        "without the month": without(frames, "month"),
        "with holidays for the month": with_holidays(frames),
    }
    days = DayBootstrap(frames["test"])
    labels = {name: frames[name][LABEL] for name in ("validation", "test")}
    measured: list[dict[str, Any]] = []
    whole = None
    for variant, features in variants.items():
        predicted = probabilities(features)
        aucs = days.roc_aucs(predicted["test"])
        whole = aucs if whole is None else whole
        measured.append(
            {
                "variant": variant,
                "validation": roc_auc_score(labels["validation"], predicted["validation"]),
                "test": roc_auc_score(labels["test"], predicted["test"]),
                "difference": interval(aucs - whole),
            }
        )
    pretended = by_chance(frames)
    predicted = probabilities(pretended)
    measured.append(
        {
            "variant": "split by chance",
            "validation": roc_auc_score(pretended["validation"][LABEL], predicted["validation"]),
            "test": roc_auc_score(pretended["test"][LABEL], predicted["test"]),
            "difference": None,
        }
    )
    return measured


if __name__ == "__main__":
    output = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    folder = Path(sys.argv[1])
    names = ("train", "validation", "test")
    json.dump(rows({name: read_split(folder / f"split={name}") for name in names}), output)
