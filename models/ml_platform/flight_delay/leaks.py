"""Checks that no figure is better than tomorrow's: what a set must not hold, found in time.

A model that knows the future, or has seen the flights that judge it, looks good and is not. `check`
finds four ways to that: a value from after the moment of prediction, a flight in two splits, splits
that are not one after the other, and a feature that alone tells the label. The fifth, a set whose
labels have nothing to do with its features, is found by the gate on the evaluation's report.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import pandas as pd
from sklearn.metrics import roc_auc_score

from features import CATEGORICAL, DEPARTURE, EVENT_ID, FEATURES, KNOWN_AT, LABEL, DataError

# A prediction is made this long before the scheduled departure, as training_set.sql has it.
LEAD = pd.Timedelta(hours=1)
# The best feature alone, the airport's delay, reaches 0.70 on the flights of 2013; the flight's own
# departure delay, which nobody knows an hour before, more than 0.9.
IMPLAUSIBLE_AUC = 0.8


def check(splits: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The ROC AUC of each feature alone in the first split. Raises DataError for a leak.

    `splits`: name -> flights as `read_split` gives them, in the order of time.
    """
    for name, flights in splits.items():
        _refuse_later_values(name, flights)
    for (earlier, before), (later, after) in combinations(splits.items(), 2):
        _refuse_twins(earlier, before, later, after)
    for (earlier, before), (later, after) in pairwise(splits.items()):
        _refuse_overlap(earlier, before, later, after)
    name, flights = next(iter(splits.items()))
    aucs = {feature: _auc_alone(flights, feature) for feature in FEATURES}
    for feature, auc in aucs.items():
        if auc >= IMPLAUSIBLE_AUC:
            raise DataError(
                f"{name}: {feature} alone has a ROC AUC of {auc:.3f}, and nothing that is known an"
                f" hour before departure has {IMPLAUSIBLE_AUC}: is it made of what happened later?"
            )
    return aucs


def _refuse_later_values(name: str, flights: pd.DataFrame) -> None:
    later = flights[KNOWN_AT] > flights[DEPARTURE] - LEAD
    if later.any():
        flight = flights[later].iloc[0]
        raise DataError(
            f"{name}: {int(later.sum())} flights have features from after the moment of prediction,"
            f" an hour before departure: {flight[EVENT_ID]}, to leave at {flight[DEPARTURE]}, was"
            f" described at {flight[KNOWN_AT]}"
        )


def _refuse_twins(earlier: str, before: pd.DataFrame, later: str, after: pd.DataFrame) -> None:
    if (twins := after[EVENT_ID].isin(before[EVENT_ID])).any():
        raise DataError(
            f"{int(twins.sum())} flights are both in {earlier} and in {later}, so {later} judges"
            f" nothing: {after[EVENT_ID][twins].iloc[0]} is one"
        )


def _refuse_overlap(earlier: str, before: pd.DataFrame, later: str, after: pd.DataFrame) -> None:
    last, first = before[DEPARTURE].max().normalize(), after[DEPARTURE].min().normalize()
    if first <= last:
        raise DataError(
            f"{later} begins on {first:%Y-%m-%d}, and {earlier} ends on {last:%Y-%m-%d}: a later"
            " split must begin on a later day, or flights of one hour and airport are on both sides"
        )


def _auc_alone(flights: pd.DataFrame, feature: str) -> float:
    """Of the feature's own order, or, for a code, of the rate of late flights; a gap is lowest."""
    labels, values = flights[LABEL], flights[feature]
    if feature in CATEGORICAL:
        values = values.astype(object).map(labels.groupby(values.astype(object)).mean())
    auc = float(roc_auc_score(labels, values.fillna(values.min() - 1).fillna(0)))
    return max(auc, 1 - auc)
