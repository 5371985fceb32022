"""How large the drift check's PSI becomes by chance alone: in a small sample it passes 0.2.

PSI compares shares of bins. With 200 flights, a category of one percent holds two of them, and the
shares of a sample differ from those of the training set although nothing has drifted.
"""

import numpy as np
import pandas as pd

_THRESHOLD = 0.2  # that of the alarm: above it a feature is commonly called shifted
_ENOUGH_FLIGHTS = 2_000  # from here on, chance stays far below the threshold
_ROUNDS = 200
_DECILES = np.linspace(0, 1, 11)[1:-1]
_RARE, _LEAST_SHARE = 0.01, 1e-4  # as the drift check has them


def psi_limit(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """The PSI that flights like those of `train` stay below, in a sample as large as `test`.

    Both have the label in the first column. The alarm's threshold, or the largest PSI of 200 random
    splits of all flights into sets of these sizes, if that is larger.
    """
    if len(test) >= _ENOUGH_FLIGHTS:
        return _THRESHOLD
    pooled = pd.concat([train, test]).drop(columns=0)
    bins = pooled.apply(_bins)
    random = np.random.default_rng(0)
    by_chance = []
    for _ in range(_ROUNDS):
        order = random.permutation(len(bins))
        reference, sample = bins.iloc[order[len(test) :]], bins.iloc[order[: len(test)]]
        by_chance.append(max(_psi(reference[name], sample[name]) for name in bins))
    return max(_THRESHOLD, round(max(by_chance), 3))


def _bins(values: pd.Series) -> pd.Series:
    """The bin of each value: a decile of numbers, else the category, rare ones together."""
    if pd.api.types.is_numeric_dtype(values):
        edges = np.unique(values.quantile(_DECILES))
        return pd.Series(np.digitize(values, edges), values.index).where(values.notna(), -1)
    shares = values.map(values.value_counts(normalize=True))
    return values.where(shares >= _RARE, "other").fillna("missing")


def _psi(reference: pd.Series, sample: pd.Series) -> float:
    bins = reference.unique()
    expected, actual = (
        values.value_counts(normalize=True).reindex(bins, fill_value=0).clip(lower=_LEAST_SHARE)
        for values in (reference, sample)
    )
    return float(((actual - expected) * np.log(actual / expected)).sum())
