"""Compares the idle cost of an environment with the budgets that its own settings name."""

from collections.abc import Iterator

from stacks.catalogue import ARCHITECTURES
from tools.assembly import Assembly, Resource, Templates, architecture_of
from tools.costs.architectures import costs_of
from tools.costs.idle import monthly
from tools.costs.lines import Group, dates_of, grouped, total
from tools.costs.prices import PriceError


def warnings(templates: Templates) -> Iterator[str]:
    """A sentence for each architecture whose idle cost exceeds its budget, or is not known.

    Never an error: a template without a price deploys all the same.
    """
    assembly = Assembly(templates)
    for budget in assembly.of_type("AWS::Budgets::Budget"):
        architecture = architecture_of(budget.stack)
        if architecture is None:
            continue
        try:
            yield from _warning(budget, architecture, assembly.of(architecture))
        except PriceError as error:
            yield f"Warning: {budget.stack} was not compared with its budget. {error}"


def _warning(budget: Resource, architecture: str, assembly: Assembly) -> Iterator[str]:
    limit = budget.properties["Budget"]["BudgetLimit"]["Amount"]
    lines = monthly(assembly)
    if total(lines) <= limit:
        return
    stacks = ", ".join(dict.fromkeys(line.stack for line in lines))
    yield (
        f"Warning: {architecture} ({stacks}) costs {total(lines):.2f} USD a month while idle (list"
        f" prices of {dates_of(lines)}), more than its budget of {limit:g} USD. The largest item is"
        f" {_largest(architecture, grouped(lines)[0])}, or raise"
        f" -c {ARCHITECTURES[architecture].budget}."
    )


def _largest(architecture: str, group: Group) -> str:
    line = group.lines[0]
    setting = costs_of(architecture).setting_of(line)
    advice = f"change -c {setting}" if setting else "no setting reduces it"
    return f"{group.item}, {group.usd:.2f} USD at {line.stack}/{line.path}: {advice}"
