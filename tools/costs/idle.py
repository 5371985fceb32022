"""What an environment costs a month while nobody uses it, from its templates.

A month has 730 hours, a notebook instance is stopped (it stops by itself when idle), nothing is
stored, and no free tier is deducted.
"""

from collections.abc import Iterable, Iterator

from tools.assembly import Assembly, Resource, architecture_of
from tools.costs.architectures import costs_of
from tools.costs.free import is_free
from tools.costs.idle_rules import RULES, instance_key
from tools.costs.lines import Charge, Line, line, total
from tools.costs.prices import PriceError
from tools.costs.schedules import HOURS_A_MONTH

WEEKEND_HOURS = 60


def monthly(assembly: Assembly, *, in_service: bool = False) -> list[Line]:
    """What the stacks cost a month, the most expensive line first.

    `in_service`: with what the architectures' workflows create, like a deployed model.
    Raises PriceError for a type of resource without a rule, and for a price that the sheet lacks.
    """
    lines = [line for resource in assembly.places.values() for line in _lines(resource, assembly)]
    if in_service:
        lines += _in_service(assembly)
    return sorted(lines, key=lambda line: -line.usd)


def _lines(resource: Resource, assembly: Assembly) -> Iterator[Line]:
    if rule := RULES.get(resource.type):
        for charge in rule(resource, assembly):
            yield line(resource, charge)
    elif not is_free(resource.type):
        raise PriceError(
            f"{resource.place}: the idle cost of {resource.type} is not known: add a rule to"
            " tools/costs/idle_rules.py, or the reason why it is free to tools/costs/free.py."
        )


def _in_service(assembly: Assembly) -> Iterator[Line]:
    for architecture in filter(None, dict.fromkeys(map(architecture_of, assembly.templates))):
        if declared := costs_of(architecture).in_service:
            yield from declared.lines(assembly.of(architecture))


def notebook_hours(assembly: Assembly) -> list[Line]:
    """What an hour of each notebook instance costs while it runs."""
    return [
        line(notebook, Charge(f"an hour of the notebook instance ({kind})", key, 1))
        for notebook in assembly.of_type("AWS::SageMaker::NotebookInstance")
        for kind in [notebook.properties["InstanceType"]]
        for key in [instance_key(kind, "notebook")]
    ]


def weekend(lines: Iterable[Line]) -> float:
    """USD of sixty hours: AWS charges keys, alarms, dashboards and metrics by the hour, too."""
    return total(lines) * WEEKEND_HOURS / HOURS_A_MONTH
