"""Whether an environment costs more while idle than the budget that its own settings name."""

from collections.abc import Iterator

from stacks.catalogue import ARCHITECTURES
from tools.assembly import Resource, Templates, resources
from tools.costs.architectures import architecture_of, only
from tools.costs.idle import monthly
from tools.costs.lines import Group, dates_of, grouped, total
from tools.costs.prices import PriceError


def warnings(templates: Templates) -> Iterator[str]:
    """A sentence for each architecture whose idle cost passes its budget, or has no price.

    Never an error: a template without a price deploys as well as any.
    """
    for found in resources(templates):
        if found.type == "AWS::Budgets::Budget":
            try:
                yield from _warning(found, only(templates, architecture_of(found.stack)))
            except PriceError as error:
                yield f"Warning: {found.stack} was not compared to its budget. {error}"


def _warning(found: Resource, templates: Templates) -> Iterator[str]:
    budget = found.properties["Budget"]["BudgetLimit"]["Amount"]
    lines = monthly(templates)
    if total(lines) <= budget:
        return
    architecture = architecture_of(found.stack)
    stacks = ", ".join(dict.fromkeys(line.stack for line in lines))
    yield (
        f"Warning: {architecture} ({stacks}) costs {total(lines):.2f} USD a month while idle (list"
        f" prices of {dates_of(lines)}), more than its budget of {budget:g} USD; most of it is"
        f" {_largest(grouped(lines)[0])}, or raise -c {ARCHITECTURES[architecture].budget}."
    )


def _largest(group: Group) -> str:
    line = group.lines[0]
    way = f"change -c {line.setting}" if line.setting else "no setting makes it less"
    return f"{group.what}, {group.usd:.2f} USD at {line.stack}/{line.path}: {way}"
