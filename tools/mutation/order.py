"""A plugin of pytest that runs the tests near the mutant first, and no others.

All in one process: starting pytest and synthesising takes ten seconds.
"""

import os
from pathlib import Path

import pytest

from tools.mutation.nearness import UNIT, stages

# Without a mutated file, every test runs.
MUTATED, WITH_LOCAL = "MUTATED_FILE", "MUTANTS_LOCAL"
NOTICED = "noticed by "
_by: dict[str, str] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the stages, in their order; within a stage, the order is kept."""
    if not os.environ[MUTATED]:
        return
    near = stages(Path(os.environ[MUTATED]), local=bool(os.environ.get(WITH_LOCAL)))
    chosen: list[tuple[int, pytest.Item]] = []
    for item in items:
        local = item.get_closest_marker("local") is not None
        ranks = [rank for rank, stage in enumerate(near) if stage.holds(item.nodeid, local=local)]
        if ranks:
            chosen.append((ranks[0], item))
            _by[item.nodeid] = near[ranks[0]].by
    kept = [item for _, item in sorted(chosen, key=lambda pair: pair[0])]
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in _by])
    items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each test that failed, with the kind of tests that it belongs to."""
    for outcome in ("failed", "error"):
        for report in terminalreporter.getreports(outcome):
            # A module that cannot be imported needs no local AWS to be noticed.
            by = _by.get(report.nodeid, UNIT)
            terminalreporter.write_line(f"{NOTICED}{by}: {report.nodeid}")
