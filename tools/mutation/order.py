"""A plugin of pytest that runs the tests near the mutant first, and no others.

All in one process: starting pytest and synthesising takes ten seconds.
"""

import os
from pathlib import Path

import pytest

from tools.mutation.nearness import stages

MUTATED, WITH_LOCAL = "MUTATED_FILE", "MUTANTS_LOCAL"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the stages, in their order; within a stage, the order is kept."""
    found = stages(Path(os.environ[MUTATED]), local=bool(os.environ.get(WITH_LOCAL)))
    ranks = {
        item: next(
            (
                rank
                for rank, stage in enumerate(found)
                if stage.holds(item.nodeid, local=item.get_closest_marker("local") is not None)
            ),
            None,
        )
        for item in items
    }
    config.hook.pytest_deselected(items=[item for item in items if ranks[item] is None])
    chosen = [(rank, item) for item, rank in ranks.items() if rank is not None]
    items[:] = [item for _, item in sorted(chosen, key=lambda pair: pair[0])]
