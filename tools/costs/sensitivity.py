"""Which settings change the cost of an architecture most: each is synthesised and priced."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple

from tools.assembly import Assembly, synthesise
from tools.costs.architectures import costs_of
from tools.costs.declaration import Candidate
from tools.costs.idle import monthly
from tools.costs.lines import total

_AS_IT_IS = Candidate.of({})


@dataclass(frozen=True)
class Month:
    """What a month of use costs, and the part of it that is idle cost."""

    idle_usd: float
    work_usd: float

    @property
    def usd(self) -> float:
        """All of it."""
        return self.idle_usd + self.work_usd


@dataclass(frozen=True)
class Change:
    """What another setting makes of the month."""

    candidate: Candidate
    before: Month
    after: Month

    @property
    def usd(self) -> float:
        """USD a month more, or less."""
        return self.after.usd - self.before.usd


def month(architecture: str, assembly: Assembly) -> Month:
    """The month of use that an architecture declares; only idle cost if it declares none.

    `assembly` may hold other architectures' stacks. Scheduled runs that find nothing are replaced
    by the declared ones.
    """
    assembly, costs = assembly.of(architecture), costs_of(architecture)
    lines = monthly(assembly, in_service=True)
    if costs.month is None:
        return Month(total(lines), 0)
    usd = {unit.name: unit.usd for unit in costs.units(assembly)}
    work = sum(usd[name] * count for name, count in costs.month.units.items())
    idle = [line for line in lines if costs.setting_of(line) not in costs.month.replaces]
    return Month(total(idle), work)


def ranked(
    architectures: Iterable[str], environment: str = "production", *, processes: int = 1
) -> dict[str, list[Change]]:
    """Architecture -> its candidates, the one that changes the month most first.

    Each candidate takes a synthesis of its architecture; `processes` share them.
    """
    candidates = {name: costs_of(name).candidates for name in architectures}
    jobs = [
        _Job(name, environment, candidate)
        for name, declared in candidates.items()
        for candidate in ((_AS_IT_IS, *declared) if declared else ())
    ]
    months = dict(zip(jobs, _months(jobs, processes), strict=True))
    return {
        name: sorted(
            (
                Change(candidate, before, months[_Job(name, environment, candidate)])
                for before in [months.get(_Job(name, environment, _AS_IT_IS))]
                if before
                for candidate in declared
            ),
            key=lambda change: -abs(change.usd),
        )
        for name, declared in candidates.items()
    }


class _Job(NamedTuple):
    architecture: str
    environment: str
    candidate: Candidate


def _months(jobs: list[_Job], processes: int) -> list[Month]:
    if processes == 1 or not jobs:
        return list(map(_month_with, jobs))
    # Spawned: a forked process would share its parent's connection to jsii.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        return list(pool.map(_month_with, jobs))


def _month_with(job: _Job) -> Month:
    name, settings = job.architecture, dict(job.candidate.settings)
    return month(name, synthesise(job.environment, settings, only=[name], gated=False))
