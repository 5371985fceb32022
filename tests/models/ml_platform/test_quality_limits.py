"""The limit of a day's ROC AUC: what it promises, measured on days that it was not made from."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features import DEPARTURE, LABEL
from quality_limits import DRAWS, FALSE_ALARM_RATE, FLIGHTS, _roc_auc, limits

DAYS, A_DAY = 60, 400


def world(seed: int, days: int = DAYS, *, shift: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Flights of days with weather of their own, and probabilities that know part of it."""
    draws = np.random.default_rng(seed)
    weather = np.repeat(draws.normal(0, 0.5, days), A_DAY)
    known = draws.normal(0, 1, days * A_DAY)
    late = draws.random(days * A_DAY) < 1 / (1 + np.exp(1.2 - (1 - shift) * known - weather))
    departures = pd.Timestamp("2013-10-01") + pd.to_timedelta(np.arange(days), unit="D")
    flights = pd.DataFrame({LABEL: late.astype(float), DEPARTURE: np.repeat(departures, A_DAY)})
    return flights, (1 / (1 + np.exp(1.2 - known))).astype(np.float32)


@pytest.fixture(scope="module")
def limit() -> dict[int, float]:
    flights, probabilities = world(1)
    return {
        entry["flights"]: entry["at_least"] for entry in limits(flights, probabilities)["roc_auc"]
    }


def alarms(limit: float, seed: int, shift: float = 0.0) -> float:
    """The share of a thousand new days, all flights asked about, that fall below a limit."""
    flights, probabilities = world(seed, 1_000, shift=shift)
    late = flights[LABEL].to_numpy()
    aucs = [
        roc_auc_score(late[day : day + A_DAY], probabilities[day : day + A_DAY])
        for day in range(0, len(late), A_DAY)
    ]
    return float(np.mean(np.array(aucs) < limit))


def test_days_like_those_of_the_evaluation_rarely_alarm(limit: dict[int, float]) -> None:
    """400 flights are held against the limit for 200, so the rate is below the stated one."""
    assert alarms(limit[200], seed=2) <= FALSE_ALARM_RATE


def test_a_model_that_has_lost_its_feature_alarms(limit: dict[int, float]) -> None:
    assert alarms(limit[200], seed=3, shift=1.0) > 0.9


def test_more_flights_have_a_closer_limit(limit: dict[int, float]) -> None:
    assert list(limit) == list(FLIGHTS)
    assert sorted(limit.values()) == list(limit.values())


def test_the_rank_form_is_the_area_under_the_curve() -> None:
    draws = np.random.default_rng(4)
    late = (draws.random(500) < 0.3).astype(float)
    probabilities = draws.random(500).round(1).astype(np.float32)  # ties
    assert _roc_auc(late, probabilities) == pytest.approx(roc_auc_score(late, probabilities))
    assert np.isnan(_roc_auc(np.ones(5), probabilities[:5]))
    assert DRAWS * FALSE_ALARM_RATE >= 20, "a quantile by fewer draws would be a guess"
