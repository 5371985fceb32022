"""What a change does to the cost of an idle environment."""

from collections.abc import Iterator

from tools.assembly import Templates
from tools.costs.architectures import architecture_of
from tools.costs.idle import monthly
from tools.costs.lines import Line, dates_of, total
from tools.costs.prices import PriceError
from tools.plan.review import Section

_HEADS = ("architecture", "was, USD a month", "becomes", "change", "prices of")
_LEAST = 0.005


def cost(old: Templates, new: Templates) -> Section:
    """Idle cost of each architecture before and after, by the sheet of the work tree."""
    section = Section("Idle cost", _HEADS)
    for name in dict.fromkeys(map(group_of, [*new, *old])):
        section.rows += _rows(name, _of(name, old), _of(name, new))
    return section


def group_of(stack: str) -> str:
    """The architecture of a stack; a stack that no architecture has any more is its own."""
    try:
        return architecture_of(stack)
    except ValueError:
        return stack


def _of(name: str, templates: Templates) -> Templates:
    return {stack: each for stack, each in templates.items() if group_of(stack) == name}


def _rows(name: str, old: Templates, new: Templates) -> Iterator[tuple[str, ...]]:
    try:
        idle = [monthly(each) for each in (old, new)]
        serving = [monthly(each, model_deployed=True) for each in (old, new)]
    except PriceError as error:
        yield (name, "", "", f"not known: {error}", "")
        return
    yield _row(name, *idle)
    if serving != idle:
        yield _row(f"{name}, a model deployed", *serving)


def _row(name: str, old: list[Line], new: list[Line]) -> tuple[str, ...]:
    was, becomes = total(old), total(new)
    change = f"{becomes - was:+.2f}" if abs(becomes - was) >= _LEAST else "none"
    return (name, f"{was:.2f}", f"{becomes:.2f}", change, str(dates_of([*old, *new])))
