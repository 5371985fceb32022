"""How a change affects the cost of an idle environment."""

from collections.abc import Iterator

from tools.assembly import Assembly, Templates, architecture_of
from tools.costs.architectures import costs_of_stack
from tools.costs.idle import monthly
from tools.costs.lines import Line, dates_of, total
from tools.costs.prices import PriceError
from tools.plan.review import Section

_HEADS = ("architecture", "before, USD a month", "after", "change", "prices of")
_SMALLEST = 0.005


def cost(old: Templates, new: Templates) -> Section:
    """Idle cost of each architecture before and after, by the price sheet of the work tree."""
    section = Section("Idle cost", _HEADS)
    for name in dict.fromkeys(map(group_of, [*new, *old])):
        section.rows += _rows(name, _of(name, old), _of(name, new))
    return section


def group_of(stack: str) -> str:
    """The architecture of a stack; the stack itself if no architecture has it any more."""
    return architecture_of(stack) or stack


def _of(name: str, templates: Templates) -> Assembly:
    return Assembly(
        {stack: template for stack, template in templates.items() if group_of(stack) == name}
    )


def _rows(name: str, old: Assembly, new: Assembly) -> Iterator[tuple[str, ...]]:
    try:
        yield _row(name, monthly(old), monthly(new))
        in_service = costs_of_stack(next(iter(new.templates or old.templates))).in_service
        if in_service:
            label = f"{name}, {in_service.label}"
            yield _row(label, *(monthly(side, in_service=True) for side in (old, new)))
    except (PriceError, LookupError) as error:
        yield (name, "", "", f"not known: {error}", "")


def _row(name: str, old: list[Line], new: list[Line]) -> tuple[str, ...]:
    before, after = total(old), total(new)
    change = f"{after - before:+.2f}" if abs(after - before) >= _SMALLEST else "none"
    return (name, f"{before:.2f}", f"{after:.2f}", change, str(dates_of([*old, *new])))
