"""Rules of AWS that no model carries: one file a service, each rule with its source and examples.

`local/services/contract/door.py` applies them to every task of a workflow after the model's limits.
A rule that is not about a request but about what a service does is in `behaviours.py`.
"""

import importlib
from functools import cache
from pathlib import Path

from local.services.rules.rule import Rule, State
from local.services.task import Arguments

_NO_TABLES = {"__init__", "behaviours", "rule"}


@cache
def all_rules() -> tuple[Rule, ...]:
    """The rules of every service."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    modules = (
        importlib.import_module(f"{__name__}.{name}") for name in names if name not in _NO_TABLES
    )
    return tuple(rule for module in modules for rule in module.RULES)


def broken(operation: str, request: Arguments, state: State) -> Rule | None:
    """The first rule that a request to `sagemaker:CreateTrainingJob` breaks."""
    rules = _by_operation().get(operation, ())
    return next((rule for rule in rules if rule.breaks(request, state)), None)


@cache
def _by_operation() -> dict[str, tuple[Rule, ...]]:
    operations = {operation for rule in all_rules() for operation in rule.operations}
    return {
        operation: tuple(rule for rule in all_rules() if operation in rule.operations)
        for operation in operations
    }
