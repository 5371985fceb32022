"""How low the ROC AUC of one day may be by chance alone, for whoever learns the outcomes later.

A day's figure varies with the day's weather and with how many flights were asked about, far more
than the figure of the whole test split does: the interval of that would call every other day a
fall. So a day of the test split is drawn, then flights of it, both with replacement, and the limit
is what one draw in a hundred falls below. It holds for days like those of the test split.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import DEPARTURE, LABEL, Probabilities
from judgement import Figures

FALSE_ALARM_RATE, DRAWS, SEED = 0.01, 2_000, 2013
# Of fewer flights, a day says too little to raise an alarm about.
FLIGHTS = (100, 200, 500, 1_000, 2_000, 5_000)


def limits(test: pd.DataFrame, probabilities: Probabilities) -> Figures:
    """For each number of flights, the ROC AUC that a day falls below with FALSE_ALARM_RATE.

    `roc_auc` is sorted by `flights`; for a number between two of them, the smaller one's holds.
    """
    late = test[LABEL].to_numpy(dtype=float)
    day, _ = pd.factorize(test[DEPARTURE].dt.normalize())
    days = [np.flatnonzero(day == number) for number in np.unique(day)]
    draws = np.random.default_rng(SEED)
    return {
        "false_alarm_rate": FALSE_ALARM_RATE,
        "draws": DRAWS,
        "seed": SEED,
        "roc_auc": [
            {
                "flights": flights,
                "at_least": float(
                    np.nanquantile(
                        _draw(late, probabilities, days, flights, draws), FALSE_ALARM_RATE
                    )
                ),
            }
            for flights in FLIGHTS
        ],
    }


def _draw(
    late: NDArray[np.float64],
    probabilities: Probabilities,
    days: list[NDArray[np.int64]],
    flights: int,
    draws: np.random.Generator,
) -> NDArray[np.float64]:
    """The ROC AUC of each draw; NaN where all its flights have one label."""
    aucs = np.full(DRAWS, np.nan)
    for number in range(DRAWS):
        rows = draws.choice(days[draws.integers(len(days))], flights)
        aucs[number] = _roc_auc(late[rows], probabilities[rows])
    return aucs


def _roc_auc(late: NDArray[np.float64], probabilities: Probabilities) -> float:
    """By ranks; ties share theirs."""
    positives = late.sum()
    negatives = len(late) - positives
    if not positives * negatives:
        return np.nan
    _, place, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    above = (ranks[place] * late).sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))
