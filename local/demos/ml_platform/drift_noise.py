"""How large the drift check's PSI becomes by chance alone: in a small sample it passes 0.2.

PSI compares shares of bins. With 200 flights, a category of one percent holds two of them, and the
shares of a sample differ from those of the training set although nothing has drifted.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_THRESHOLD = 0.2  # that of the alarm: above it a feature is commonly called shifted
_ENOUGH_FLIGHTS = 2_000  # from here on, chance stays far below the threshold
_ROUNDS = 200
_DECILES = np.linspace(0, 1, 11)[1:-1]
_RARE, _LEAST_SHARE = 0.01, 1e-4  # as the drift check has them
Codes = NDArray[np.int_]


def psi_limit(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """The PSI that flights like those of `train` stay below, in a sample as large as `test`.

    Both have the label in the first column. The alarm's threshold, or the largest PSI of 200 random
    splits of all flights into sets of these sizes, if that is larger.
    """
    if len(test) >= _ENOUGH_FLIGHTS:
        return _THRESHOLD
    pooled = pd.concat([train, test]).drop(columns=0)
    bins = [pd.factorize(_bins(pooled[name]))[0] for name in pooled]
    random = np.random.default_rng(0)
    by_chance = []
    for _ in range(_ROUNDS):
        order = random.permutation(len(pooled))
        sample, reference = order[: len(test)], order[len(test) :]
        by_chance.append(max(_psi(codes[reference], codes[sample]) for codes in bins))
    return max(_THRESHOLD, round(max(by_chance), 3))


def _bins(values: pd.Series) -> pd.Series:
    """The bin of each value: a decile of numbers, else the category, rare ones together."""
    if pd.api.types.is_numeric_dtype(values):
        edges = np.unique(values.quantile(_DECILES))
        return pd.Series(np.digitize(values, edges), values.index).where(values.notna(), -1)
    shares = values.map(values.value_counts(normalize=True))
    return values.where(shares >= _RARE, "other").fillna("missing")


def _psi(reference: Codes, sample: Codes) -> float:
    count = max(reference.max(), sample.max()) + 1
    expected, actual = (
        np.maximum(np.bincount(codes, minlength=count) / len(codes), _LEAST_SHARE)
        for codes in (reference, sample)
    )
    return float(np.sum((actual - expected) * np.log(actual / expected)))
