"""What a part of the benchmark measures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One number, and what it is compared to."""

    id: str
    title: str
    value: float
    unit: str
    compared_to: str = ""
    within_limit: bool = True


def rounded(value: float, digits: int = 3) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")
