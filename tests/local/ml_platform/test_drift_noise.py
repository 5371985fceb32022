"""The limit of the demo's drift check: the alarm's threshold, and more for a small sample."""

import numpy as np
import pandas as pd

from local.demos.ml_platform.drift_noise import psi_limit


def flights(count: int, seed: int) -> pd.DataFrame:
    """The label, a category of forty values, and a number with gaps."""
    random = np.random.default_rng(seed)
    number = pd.Series(random.normal(size=count)).where(random.random(count) > 0.02)
    return pd.DataFrame({0: 0, 1: random.integers(40, size=count).astype(str), 2: number})


def test_a_large_sample_has_the_threshold_of_the_alarm() -> None:
    assert psi_limit(flights(8_000, seed=1), flights(2_000, seed=2)) == 0.2


def test_chance_alone_passes_the_threshold_in_a_small_sample() -> None:
    small, smaller = (psi_limit(flights(700, seed=1), flights(n, seed=2)) for n in (200, 100))
    assert 0.2 < small < smaller < 2
