"""How far requests are from the training set, feature by feature, in parts of what is allowed.

The bins, their shares and the limits are those of `statistics.json`, which the evaluation of the
model wrote: models/ml_platform/flight_delay/reference.py says what they mean, and why.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

Counts = dict[str, list[int]]
"""Feature -> flights in each of its bins."""


class Reference:
    """A training set in bins, with limits. Raises ValueError for statistics of another kind."""

    def __init__(self, statistics: Mapping[str, Any]) -> None:
        try:
            self._rows: int = statistics["rows"]
            self._least_share: float = statistics["least_share"]
            self._features = {
                name: _Feature(**feature) for name, feature in statistics["features"].items()
            }
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"statistics.json is not what this check reads ({error!r} is amiss): it was written"
                " by another version of evaluate.py. Train and deploy a model with this one."
            ) from error

    @property
    def window_hours(self) -> list[int]:
        """Lengths of the windows that the training set has limits for, the shortest first."""
        lengths = {length for feature in self._features.values() for length in feature.limits}
        return sorted(lengths)

    def empty(self) -> Counts:
        """No flight in any bin."""
        return {name: [0] * len(feature.shares) for name, feature in self._features.items()}

    def bin_of(self, name: str, value: Any) -> int:
        """The bin of a feature's value."""
        return self._features[name].bin_of(value)

    def count(self, flights: Iterable[Mapping[str, Any]], counts: Counts) -> None:
        """Add `flights`, of any number, to `counts`."""
        for flight in flights:
            for name, feature in self._features.items():
                counts[name][feature.bin_of(flight[name])] += 1

    def shifts(self, counts: Counts, hours: int) -> dict[str, float]:
        """Feature -> its distance in a window of `hours`, in parts of its limit: above 1, it moved.

        `counts` are of at least one flight.
        """
        shifts = {}
        for name, feature in self._features.items():
            flights = sum(counts[name])
            chance = feature.noise * (1 / flights + 1 / self._rows)
            limit = feature.limits[hours] + chance
            shifts[name] = entropy(feature.shares, counts[name], self._least_share) / limit
        return shifts


class _Feature:
    """A feature's bins: the last two are of what the set has not, and of missing values."""

    def __init__(
        self,
        *,
        shares: list[float],
        limits: Mapping[str, float],
        noise: float,
        codes: list[str] | None = None,
        rare: Iterable[str] = (),
        edges: list[float] | None = None,
        range: list[float] | None = None,
    ) -> None:
        self.shares, self.noise = shares, noise
        self.limits = {int(length): limit for length, limit in limits.items()}
        self._edges = edges
        self._least, self._most = range or (math.inf, -math.inf)
        self._bin_of_code = {code: place for place, code in enumerate(codes or ())}
        self._bin_of_code |= dict.fromkeys(rare, len(codes or ()))
        self._unseen, self._missing = len(shares) - 2, len(shares) - 1

    def bin_of(self, value: Any) -> int:
        """The place of a code or a number in `shares`."""
        if value is None or value != value:  # noqa: PLR0124 -- not a number
            return self._missing
        if self._edges is None:
            return self._bin_of_code.get(value, self._unseen)
        if self._least <= value <= self._most:
            return bisect_right(self._edges, value)
        return self._unseen


def entropy(shares: Iterable[float], counts: Iterable[int], least_share: float) -> float:
    """Relative entropy of `counts`, of at least one flight, to `shares`; 0 if they are alike."""
    counts = list(counts)
    flights = sum(counts)
    return sum(
        count / flights * math.log(count / flights / max(share, least_share))
        for share, count in zip(shares, counts, strict=True)
        if count
    )
