"""What a model must beat: simple predictions, fitted to the training split alone (TR-24)."""

from __future__ import annotations

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features import CATEGORICAL, LABEL, NUMERIC, Probabilities

# Numbers that are names: no hour is more than another.
_CODES = [*CATEGORICAL, "month", "weekday", "hour"]
_QUANTITIES = [name for name in NUMERIC if name not in _CODES]
# A code of fewer flights than this is one of the rare ones.
_FEWEST_OF_A_CODE = 20
_ITERATIONS = 500


def predictions(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Probabilities]:
    """Baseline -> the probability of a delay for each flight of `test`."""
    return {
        "carrier_and_hour": carrier_and_hour(train, test),
        "logistic_regression": logistic_regression(train, test),
    }


def carrier_and_hour(train: pd.DataFrame, test: pd.DataFrame) -> Probabilities:
    """The share of late flights by carrier and hour; overall, where there was none of them."""
    by = ["carrier", "hour"]
    rates = train.groupby(by, observed=True)[LABEL].mean().rename("rate")
    joined = test[by].astype({"carrier": object}).join(rates, on=by)
    rate: Probabilities = joined["rate"].fillna(train[LABEL].mean()).to_numpy()
    return rate


def logistic_regression(train: pd.DataFrame, test: pd.DataFrame) -> Probabilities:
    """A linear model of all features: codes one by one, quantities scaled, gaps marked."""
    codes = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=_FEWEST_OF_A_CODE)
    quantities = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    features = ColumnTransformer([("codes", codes, _CODES), ("numbers", quantities, _QUANTITIES)])
    model = make_pipeline(features, LogisticRegression(max_iter=_ITERATIONS))
    plain = dict.fromkeys(CATEGORICAL, object)
    model.fit(train.astype(plain), train[LABEL])
    probabilities: Probabilities = model.predict_proba(test.astype(plain))[:, 1]
    return probabilities
