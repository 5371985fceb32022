"""Figures of probabilities beside labels, and how far chance moves them.

Flights of one day share its weather and its queues, so a day is what is drawn again: an interval by
flights would be several times too narrow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics

from features import DEPARTURE, LABEL, DataError, Probabilities

# The same threshold as in inference.py.
THRESHOLD = 0.5
REPLICATES, SEED, LEVEL = 1_000, 2013, 0.95
# From fewer days, no interval can be drawn.
FEWEST_DAYS = 5
_CURVE_POINTS = 200
_BINS = 10
Figures = dict[str, Any]


def figures(labels: pd.Series, probabilities: Probabilities) -> Figures:
    """Discrimination, figures at the threshold, and calibration."""
    predicted = probabilities >= THRESHOLD
    false_rate, true_rate, _ = metrics.roc_curve(labels, probabilities)
    curve_points = np.unique(np.linspace(0, len(false_rate) - 1, _CURVE_POINTS).astype(int))
    bins = reliability(labels, probabilities)
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "threshold": THRESHOLD,
        "roc_auc": float(metrics.roc_auc_score(labels, probabilities)),
        "pr_auc": float(metrics.average_precision_score(labels, probabilities)),
        "precision": float(metrics.precision_score(labels, predicted, zero_division=0)),
        "recall": float(metrics.recall_score(labels, predicted)),
        "f1": float(metrics.f1_score(labels, predicted)),
        "brier": float(metrics.brier_score_loss(labels, probabilities)),
        # Expected calibration error: how far prediction and share are apart, weighed by flights.
        "ece": sum(abs(predicted - share) * rows for predicted, share, rows in bins) / len(labels),
        # [[true negatives, false positives], [false negatives, true positives]]
        "confusion_matrix": metrics.confusion_matrix(labels, predicted).tolist(),
        "roc_curve": [[float(false_rate[i]), float(true_rate[i])] for i in curve_points],
        "calibration": bins,
    }


def reliability(labels: pd.Series, probabilities: Probabilities) -> list[list[float]]:
    """[mean prediction, share that was late, flights], by tenths of the flights."""
    order = np.argsort(probabilities, kind="stable")
    late = labels.to_numpy()
    return [
        [float(probabilities[part].mean()), float(late[part].mean()), len(part)]
        for part in np.array_split(order, min(_BINS, len(order)))
    ]


class DayBootstrap:
    """The same draws of days for every prediction, so that two of them can be compared.

    `counts[replicate, day]` says how often a day was drawn, with replacement, as many days as the
    flights have. Raises DataError for flights of fewer than FEWEST_DAYS days.
    """

    def __init__(self, flights: pd.DataFrame) -> None:
        self._day, days = pd.factorize(flights[DEPARTURE].dt.normalize(), sort=True)
        self._late = flights[LABEL].to_numpy(dtype=float)
        self.days = len(days)
        if self.days < FEWEST_DAYS:
            raise DataError(
                f"the test split has flights of {self.days} days, and chance can only be told from"
                f" {FEWEST_DAYS} days on: export a set of more days"
            )
        draws = np.random.default_rng(SEED)
        self.counts = draws.multinomial(self.days, [1 / self.days] * self.days, REPLICATES)

    def roc_aucs(self, probabilities: Probabilities) -> NDArray[np.float64]:
        """The ROC AUC in each replicate: flights of a day that was drawn twice count twice."""
        order = np.argsort(probabilities, kind="stable")
        day, late = self._day[order], self._late[order]
        ties = np.flatnonzero(np.diff(probabilities[order], prepend=np.nan))
        aucs = np.empty(REPLICATES)
        for replicate, counts in enumerate(self.counts):
            weights = counts[day]
            positives = np.add.reduceat(weights * late, ties)
            negatives = np.add.reduceat(weights * (1 - late), ties)
            pairs = positives.sum() * negatives.sum()
            if not pairs:
                raise DataError("a draw of the test split's days has flights of one label alone")
            below = np.cumsum(negatives) - negatives / 2
            aucs[replicate] = (positives @ below) / pairs
        return aucs

    def about(self) -> Figures:
        """How the intervals were made."""
        return {
            "by": "day",
            "days": self.days,
            "replicates": REPLICATES,
            "seed": SEED,
            "level": LEVEL,
        }


def interval(values: NDArray[np.float64]) -> list[float]:
    """The middle LEVEL of the values: its lower and upper end."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(low), float(high)]
