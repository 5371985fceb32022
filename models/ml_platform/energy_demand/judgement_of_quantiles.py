"""Figures of quantile forecasts beside demand, and how far chance moves them.

Half hours of one day share its weather, so a day is what is drawn again. Days of one week share a
cut-off, too, which an interval by days does not see: it is a little too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demand import HALF_HOURS, Numbers
from forecast import QUANTILES

REPLICATES, SEED, LEVEL = 1_000, 2014, 0.95


@dataclass(frozen=True)
class Judged:
    """Forecasts beside what followed, day by day."""

    demand: Numbers
    """Gigawatts, of the shape (days, 48)."""
    quantiles: Numbers
    """Gigawatts, of the shape (days, 48, 3)."""

    def wql(self, counts: Numbers | None = None) -> Numbers:
        """The weighted quantile loss of each draw: how often each day counts, (draws, days).

        Of a quantile: twice its pinball loss, over all demand; then the mean of the quantiles. The
        definition of Amazon Forecast:
        docs.aws.amazon.com/forecast/latest/dg/metrics.html, read 2026-11-29.
        """
        alphas = np.array(QUANTILES)
        missed = self.demand[..., None] - self.quantiles
        pinball = np.maximum(alphas * missed, (alphas - 1) * missed).mean(axis=2).sum(axis=1)
        draws = self._draws(counts)
        losses: Numbers = 2 * (draws @ pinball) / (draws @ self.demand.sum(axis=1))
        return losses

    def mape(self, counts: Numbers | None = None) -> Numbers:
        """The mean absolute error of the median, as a share of demand."""
        errors = np.abs(self.demand - self.quantiles[..., 1]) / self.demand
        draws = self._draws(counts)
        shares: Numbers = (draws @ errors.mean(axis=1)) / draws.sum(axis=1)
        return shares

    def coverage(self, counts: Numbers | None = None) -> Numbers:
        """The share of half hours inside the band from the lowest to the highest quantile."""
        low, high = self.quantiles[..., 0], self.quantiles[..., -1]
        inside = ((self.demand >= low) & (self.demand <= high)).mean(axis=1)
        draws = self._draws(counts)
        shares: Numbers = (draws @ inside) / draws.sum(axis=1)
        return shares

    def _draws(self, counts: Numbers | None) -> Numbers:
        return np.ones((1, len(self.demand))) if counts is None else counts


def judged(demand: list[Numbers], quantiles: list[Numbers]) -> Judged:
    """Weeks one after the other: demand (336,), quantiles (336, 3)."""
    return Judged(
        np.concatenate(demand).reshape(-1, HALF_HOURS),
        np.concatenate(quantiles).reshape(-1, HALF_HOURS, len(QUANTILES)),
    )


def draws_of(days: int) -> Numbers:
    """How often each day is drawn, with replacement: the same draws for every forecast."""
    random = np.random.default_rng(SEED)
    return random.multinomial(days, [1 / days] * days, REPLICATES).astype(float)


def interval(values: Numbers) -> list[float]:
    """The middle LEVEL of the values: its lower and upper end."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(low), float(high)]
