"""A few known flights, and what the model itself answers about them, for whoever serves it.

`deploy_model` has a new model asked about `smoke_test/flights.json` before it takes traffic, and
compares its answers with `smoke_test.json`: a container that fails, or that serves something else,
leaves the old model serving. The flights stand at even steps from the least to the most probable
delay, so neither a constant nor another model answers all of them alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from features import CATEGORICAL, FEATURES, NUMERIC, encode, known_categories, read_split

_FLIGHTS = 20
_WHOLE = {"month", "weekday", "hour"}
# Another kind of processor may add the trees' numbers up in another order; the endpoint rounds to
# six digits.
TOLERANCE = 0.0001


def sample(booster: xgb.Booster, flights: pd.DataFrame) -> tuple[list[dict[str, Any]], list[float]]:
    """Up to 20 of `flights` as the endpoint takes them, and the probability of each one's delay."""
    complete = flights.dropna(subset=CATEGORICAL)
    known_codes = known_categories(booster.attr("categories"))
    probabilities = booster.inplace_predict(encode(complete, known_codes))
    steps = np.linspace(0, len(complete) - 1, min(_FLIGHTS, len(complete))).astype(int)
    rows = np.argsort(probabilities, kind="stable")[steps]
    chosen = complete.iloc[rows]
    requests = [_request(flight) for flight in chosen[FEATURES].to_dict("records")]
    return requests, [round(float(probability), 6) for probability in probabilities[rows]]


def write(booster: xgb.Booster, test: Path, evaluation: Path) -> None:
    """Write the two files of `sample` below the folder `evaluation`; `test` has the test split.

    Raises DataError, as `read_split` does.
    """
    requests, probabilities = sample(booster, read_split(test))
    (evaluation / "smoke_test").mkdir(exist_ok=True)
    (evaluation / "smoke_test" / "flights.json").write_text(json.dumps({"flights": requests}))
    expected = {"probabilities": probabilities, "tolerance": TOLERANCE}
    (evaluation / "smoke_test.json").write_text(json.dumps(expected))


def _request(flight: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: flight[name] for name in NUMERIC if not pd.isna(flight[name])}
    return {
        **{name: str(flight[name]) for name in CATEGORICAL},
        **{name: int(value) if name in _WHOLE else value for name, value in numbers.items()},
    }
