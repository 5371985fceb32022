"""What an architecture declares about its costs, in `tools/costs/architectures/<folder>.py`.

The rules in this folder price resources and know no architecture. Which setting changes a line of
the bill, what a unit of work is, and what is assumed about it, is declared by the architecture.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tools.assembly import Assembly
from tools.costs.assumptions import IDLE
from tools.costs.lines import Charge, Line, total


@dataclass(frozen=True)
class ChangedBy:
    """The setting that changes some lines most. Patterns are those of file names: `*_hosting_*`."""

    setting: str
    price: str = "*"
    """Pattern of the lines' rows in the price sheet."""
    path: str = "*"
    """Pattern of the construct paths that cause the lines."""


@dataclass(frozen=True)
class ScheduledRun:
    """What one scheduled run takes that finds nothing to do."""

    seconds: float = IDLE.run_seconds
    """Duration of a function, or of an Express workflow."""
    log_bytes: int = IDLE.run_log_bytes
    charges: tuple[Charge, ...] = ()
    """Further charges of one run."""


@dataclass(frozen=True)
class InService:
    """Costs that no resource of the template shows, since workflows create what causes them."""

    label: str
    """When they arise: "a model deployed"."""
    lines: Callable[[Assembly], Iterator[Line]]


@dataclass(frozen=True)
class Unit:
    """A unit of work that a reader can count, and the bill for one."""

    name: str
    lines: list[Line]

    @property
    def usd(self) -> float:
        """What one costs."""
        return total(self.lines)


@dataclass(frozen=True)
class MonthOfUse:
    """The month that settings are compared in."""

    units: Mapping[str, float]
    """Name of a unit of work -> how many of it."""
    replaces: tuple[str, ...] = ()
    """Settings whose idle lines are runs that `units` counts."""


@dataclass(frozen=True)
class Candidate:
    """Another way to set an architecture: `-c` keys and values that go together."""

    settings: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Candidate":
        """The candidate with these settings."""
        return cls(tuple(settings.items()))

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.settings)


def _no_units(_: Assembly) -> Iterator[Unit]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class ArchitectureCosts:
    """The declaration of one architecture. Everything has a default: none of it."""

    changed_by: tuple[ChangedBy, ...] = ()
    scheduled_runs: Mapping[str, ScheduledRun] = field(default_factory=dict)
    """Construct path of a schedule -> its run."""
    in_service: InService | None = None
    units: Callable[[Assembly], Iterator[Unit]] = _no_units
    assumptions: Any = None
    """A dataclass whose fields are annotated with the text that the site prints."""
    month: MonthOfUse | None = None
    candidates: tuple[Candidate, ...] = ()
    """What the table "settings that change the cost most" compares."""

    def setting_of(self, line: Line) -> str | None:
        """The setting that changes `line` most, as `-c` takes it."""
        for rule in self.changed_by:
            if fnmatchcase(line.price.key, rule.price) and fnmatchcase(line.path, rule.path):
                return rule.setting
        return None
