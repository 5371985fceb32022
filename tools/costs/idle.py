"""What an environment costs a month while nobody uses it, from its templates.

A month has 730 hours, a notebook stands still (it stops by itself when idle), nothing is stored,
and no free tier is taken off.
"""

from collections.abc import Iterable, Iterator

from tools.assembly import Resource, Templates, resources
from tools.costs import platform_work
from tools.costs.free import FREE
from tools.costs.idle_rules import RULES, instance_key, serving
from tools.costs.lines import Charge, Line, line, total
from tools.costs.prices import PriceError
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month

WEEKEND_HOURS = 60


def monthly(templates: Templates, *, model_deployed: bool = False) -> list[Line]:
    """What the stacks cost a month, in lines, the dearest first.

    `model_deployed`: once a model serves and there is something to train on, too.
    Raises PriceError for a type of resource of which nobody has said what it costs, and for a
    price that the sheet does not have.
    """
    lines = [each for resource in resources(templates) for each in _lines(resource, templates)]
    if model_deployed:
        lines += _with_a_model(templates)
    return sorted(lines, key=lambda each: -each.usd)


def _lines(resource: Resource, templates: Templates) -> Iterator[Line]:
    if rule := RULES.get(resource.type):
        for charge in rule(resource, templates):
            yield line(resource.stack, resource.path, charge)
    elif resource.type not in FREE:
        raise PriceError(
            f"{resource.stack}/{resource.path}: nobody has said what {resource.type} costs while"
            " idle: add a rule to tools/costs/idle_rules.py, or the reason why it is free to"
            " tools/costs/free.py."
        )


def _with_a_model(templates: Templates) -> Iterator[Line]:
    """What comes on top once a model serves: its instances, and training runs by schedule."""
    for machine, blanks in platform_work.machines(templates, "Serving"):
        # A serverless endpoint costs nothing while it is not asked.
        if blanks["Serving"] != "serverless":
            kind, count = blanks["InstanceType"], int(blanks["MinimumInstances"])
            yield line(machine.stack, machine.path, serving(kind, count))
            if float(blanks["ChallengerWeight"]):
                second = serving(kind, count, "the challenger, from the second model on")
                yield line(machine.stack, machine.path, second)
    for each in resources(templates):
        if each.type == "AWS::Scheduler::Schedule":
            runs = runs_a_month(each.properties["ScheduleExpression"])
            for found in platform_work.training_run(templates):
                charge = Charge(
                    f"scheduled training: {found.what}",
                    found.price.key,
                    found.quantity * runs,
                    "ml_training.schedule",
                )
                yield line(each.stack, each.path, charge)


def while_on(templates: Templates) -> list[Line]:
    """What an hour of a notebook costs while somebody works in it."""
    return [
        line(
            each.stack,
            each.path,
            Charge(
                f"an hour of the notebook ({each.properties['InstanceType']})",
                instance_key(each.properties["InstanceType"], "notebook"),
                1,
                "ml_notebook.instance_type",
            ),
        )
        for each in resources(templates)
        if each.type == "AWS::SageMaker::NotebookInstance"
    ]


def weekend(lines: Iterable[Line]) -> float:
    """USD of sixty hours: AWS charges keys, alarms, dashboards and metrics by the hour, too."""
    return total(lines) * WEEKEND_HOURS / HOURS_A_MONTH
