"""What was captured, hour by hour, so that no capture is read again for each window.

Plain Python: `handler.py` reads and writes the document.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from .drift import Counts, Reference

# SageMaker writes a capture some minutes after its request: the newest hours are counted again.
_OPEN_HOURS = 2
_HOUR = "%Y-%m-%dT%H"


@dataclass
class Hour:
    """The flights that a variant was asked about within an hour."""

    bins: Counts
    broken_lines: int = 0

    @property
    def flights(self) -> int:
        """Each flight is in one bin of every feature."""
        return sum(next(iter(self.bins.values()), []))


@dataclass
class History:
    """A variant's hours in the bins of one reference, `reference_id`."""

    reference_id: str
    hours: dict[str, Hour] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any], reference_id: str) -> Self:
        """The hours of a stored document; none of them if it counts in the bins of another set."""
        if document.get("reference_id") != reference_id:
            return cls(reference_id)
        hours = {name: Hour(**hour) for name, hour in document["hours"].items()}
        return cls(reference_id, hours)

    def document(self) -> dict[str, Any]:
        """As it is stored: `of` reads it."""
        return {
            "reference_id": self.reference_id,
            "hours": {name: vars(hour) for name, hour in self.hours.items()},
        }

    def uncounted(self, now: datetime, hours: int) -> Iterator[datetime]:
        """The last `hours` that are to be counted, the newest first."""
        for back, start in enumerate(_last(now, hours)):
            if back < _OPEN_HOURS or f"{start:{_HOUR}}" not in self.hours:
                yield start

    def keep(self, start: datetime, hour: Hour) -> None:
        """Put an hour in the place of an earlier count of it."""
        self.hours[f"{start:{_HOUR}}"] = hour

    def forget_before(self, now: datetime, hours: int) -> None:
        """Drop the hours before the last `hours`."""
        names = {f"{start:{_HOUR}}" for start in _last(now, hours)}
        self.hours = {name: hour for name, hour in self.hours.items() if name in names}

    def last(self, now: datetime, hours: int) -> list[Hour]:
        """The last `hours`, without those that are not counted."""
        names = (f"{start:{_HOUR}}" for start in _last(now, hours))
        return [self.hours[name] for name in names if name in self.hours]

    def window(self, reference: Reference, now: datetime, hours: int) -> Counts | None:
        """The flights of the last `hours`, if all are counted and the first day of them has some.

        Without the latter, the first day of an endpoint would be judged by the limits of a week.
        """
        names = [f"{start:{_HOUR}}" for start in _last(now, hours)]
        if not all(name in self.hours for name in names):
            return None
        if not any(self.hours[name].flights for name in names[-24:]):
            return None
        summed = reference.empty()
        for name in names:
            for feature, counts in self.hours[name].bins.items():
                summed[feature] = [sum(pair) for pair in zip(summed[feature], counts, strict=True)]
        return summed


def _last(now: datetime, hours: int) -> Iterator[datetime]:
    """The starts of the last hours, the current one first."""
    current = now.replace(minute=0, second=0, microsecond=0)
    return (current - timedelta(hours=back) for back in range(hours))
