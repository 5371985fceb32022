"""Intervals and calibration, against slower and simpler computations."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from features import DEPARTURE, LABEL
from judgement import FEWEST_DAYS, DayBootstrap, figures, interval

DAYS, OF_A_DAY = 12, 60


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """Flights of days that differ much, and a score with ties."""
    random = np.random.default_rng(1)
    day = np.repeat(np.arange(DAYS), OF_A_DAY)
    risk = random.uniform(0.05, 0.6, DAYS)[day]
    late = random.random(len(day)) < risk
    departure = pd.Timestamp("2013-10-01") + pd.to_timedelta(day, unit="D")
    score = np.round(risk + late * 0.1 + random.normal(0, 0.2, len(day)), 1).clip(0, 1)
    return pd.DataFrame({LABEL: late.astype(float), DEPARTURE: departure, "score": score})


@pytest.fixture(scope="module")
def days(flights: pd.DataFrame) -> DayBootstrap:
    return DayBootstrap(flights)


def score_of(flights: pd.DataFrame) -> NDArray[np.float64]:
    return flights["score"].to_numpy()


def test_a_replicate_is_the_roc_auc_of_its_days_laid_end_to_end(
    flights: pd.DataFrame, days: DayBootstrap
) -> None:
    of_day = [part for _, part in flights.groupby(DEPARTURE)]
    aucs = days.roc_aucs(score_of(flights))
    for counts, auc in zip(days.counts[:20], aucs[:20], strict=True):
        drawn = pd.concat([part for part, n in zip(of_day, counts, strict=True) for _ in range(n)])
        assert len(drawn) == len(flights)
        assert auc == pytest.approx(roc_auc_score(drawn[LABEL], drawn["score"]))


def test_days_make_a_wider_interval_than_flights(flights: pd.DataFrame, days: DayBootstrap) -> None:
    low, high = interval(days.roc_aucs(score_of(flights)))
    assert low < roc_auc_score(flights[LABEL], flights["score"]) < high
    random = np.random.default_rng(2)
    by_flight = []
    for _ in range(300):
        drawn = flights.iloc[random.integers(0, len(flights), len(flights))]
        by_flight.append(roc_auc_score(drawn[LABEL], drawn["score"]))
    flight_low, flight_high = interval(np.array(by_flight))
    assert high - low > 1.3 * (flight_high - flight_low)


def test_a_pair_of_predictions_is_drawn_alike(flights: pd.DataFrame, days: DayBootstrap) -> None:
    score = score_of(flights)
    assert (days.roc_aucs(score) == days.roc_aucs(score / 2)).all()
    assert (DayBootstrap(flights).counts == days.counts).all()


def test_the_fewest_days(flights: pd.DataFrame) -> None:
    few = flights[: OF_A_DAY * FEWEST_DAYS]
    assert DayBootstrap(few).days == FEWEST_DAYS


def test_calibration(flights: pd.DataFrame) -> None:
    score = score_of(flights)
    judged = figures(flights[LABEL], score)
    assert judged["brier"] == pytest.approx(((score - flights[LABEL]) ** 2).mean())
    assert sum(rows for _, _, rows in judged["calibration"]) == len(flights)
    error = sum(rows * abs(mean - share) for mean, share, rows in judged["calibration"])
    assert judged["ece"] == pytest.approx(error / len(flights))
    share = float(flights[LABEL].mean())
    constant = figures(flights[LABEL], np.full(len(flights), share))
    # A constant says nothing, and a share that is right is calibrated, but for the bins.
    assert constant["roc_auc"] == pytest.approx(0.5)
    assert constant["brier"] == pytest.approx(share * (1 - share))
