"""How far two samples of a feature are apart: PSI over bins, and the Kolmogorov-Smirnov distance.

PSI, the population stability index, is a sum over bins of (a - b) * ln(a / b), where a and b are
the shares of the two samples in a bin. No well-kept library has it alone; below 0.1 is commonly
called stable, above 0.2 shifted. The Kolmogorov-Smirnov distance is scipy's.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

# An empty bin would make PSI infinite: it counts as holding this share.
_LEAST_SHARE = 1e-4
# A rare code's share is noise in a few hundred flights: all rare ones are one bin.
_RARE = 0.01
_OTHER, _MISSING = "other", "missing"


@dataclass(frozen=True)
class Shift:
    """How far a feature has moved from its training set."""

    feature: str
    psi: float
    ks: float  # 0 for features that are no numbers


def psi(expected: list[float], actual: list[float]) -> float:
    """PSI of two lists of shares, bin by bin. Raises ValueError for lists of unequal length."""
    if len(expected) != len(actual):
        raise ValueError(f"{len(expected)} bins beside {len(actual)}")
    a = np.maximum(expected, _LEAST_SHARE)
    b = np.maximum(actual, _LEAST_SHARE)
    return float(np.sum((b - a) * np.log(b / a)))


def shifts(statistics: dict[str, Any], flights: list[dict[str, Any]]) -> list[Shift]:
    """Every feature's shift, of at least one flight, against the training set's statistics."""
    return [
        *(
            _numeric(name, reference, [flight[name] for flight in flights])
            for name, reference in statistics["numeric"].items()
        ),
        *(
            _categorical(name, reference, [flight[name] for flight in flights])
            for name, reference in statistics["categorical"].items()
        ),
    ]


def _numeric(name: str, reference: dict[str, Any], values: list[float | None]) -> Shift:
    measured = np.array([value for value in values if value is not None], dtype=float)
    edges = [-np.inf, *reference["edges"], np.inf]
    counts = np.histogram(measured, edges)[0] if len(measured) else np.zeros(len(edges) - 1)
    actual = [float(count) / len(values) for count in counts]
    missing = 1 - len(measured) / len(values)
    distance = (
        float(ks_2samp(reference["sample"], measured).statistic)
        if len(measured) and reference["sample"]
        else 0.0
    )
    expected = [*reference["shares"], reference["missing_share"]]
    return Shift(name, psi(expected, [*actual, missing]), distance)


def _categorical(name: str, reference: dict[str, float], values: list[str | None]) -> Shift:
    common_codes = [code for code, share in reference.items() if share >= _RARE]
    counts = Counter(
        _MISSING if value is None else value if value in common_codes else _OTHER
        for value in values
    )
    bins = [*common_codes, _OTHER, _MISSING]
    actual = [counts[code] / len(values) for code in bins]
    expected = [reference[code] for code in common_codes]
    return Shift(name, psi([*expected, 1 - sum(expected), 0.0], actual), 0.0)
