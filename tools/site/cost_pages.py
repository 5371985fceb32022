"""The section "What it costs" of an architecture's page, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tools.assembly import Assembly
from tools.costs.architectures import costs_of
from tools.costs.assumptions import IDLE, stated
from tools.costs.declaration import ArchitectureCosts, Unit
from tools.costs.idle import WEEKEND_HOURS, monthly, notebook_hours, weekend
from tools.costs.lines import Group, Line, dates_of, grouped, total
from tools.costs.prices import REGION, Price, dates
from tools.costs.schedules import HOURS_A_MONTH
from tools.costs.sensitivity import Change
from tools.markdown import code, table

# The number of settings in the table of those that change the cost most.
_SETTINGS = 3
# Smaller amounts are printed with two significant digits instead of two decimals.
_DIME = 0.1


def section(
    architecture: str, assemblies: Mapping[str, Assembly], changes: Sequence[Change], varied: str
) -> str:
    """What an architecture costs in each environment, idle and by unit of work.

    `assemblies` by environment: the architecture's stacks alone. `changes` are those of
    `sensitivity.ranked` for the environment `varied`.
    """
    costs = costs_of(architecture)
    parts = [
        f"List prices of {REGION} in USD, without free tiers and taxes. A month has"
        f" {HOURS_A_MONTH} hours. Beside each total are the dates of its prices; an old date means"
        " that AWS has not changed the price since. *secondary* marks a price that was not read at"
        " AWS, *derived* one that was computed from another.",
        "### Idle, a month",
        *(_idle(environment, assembly, costs) for environment, assembly in assemblies.items()),
        f"### {WEEKEND_HOURS} hours of a weekend",
        _weekend(assemblies, costs),
        *_work(assemblies, costs),
        "### Assumptions",
        _assumptions(costs),
    ]
    if changes and costs.month:
        parts += ["### The settings that change it most", _settings(costs, changes, varied)]
    return "\n\n".join(parts)


def _idle(environment: str, assembly: Assembly, costs: ArchitectureCosts) -> str:
    lines = monthly(assembly)
    rows = [*map(_group, grouped(lines)), _total("idle", lines)]
    if costs.in_service:
        in_service = monthly(assembly, in_service=True)
        added = [line for line in in_service if line not in lines]
        label = f"idle, {costs.in_service.label}"
        rows += [*map(_group, grouped(added)), _total(label, in_service)]
    notes = [
        f"While it runs, {line.item} costs {_usd(line.usd)} USD{_mark(line.price)}."
        for line in notebook_hours(assembly)
    ]
    heads = ("what", "quantity", "unit price", "USD a month")
    return "\n\n".join([f"#### {code(environment)}", table(heads, rows, numbers=True), *notes])


def _group(group: Group) -> tuple[str, ...]:
    price = f"{Decimal(str(group.price.usd)):f}".removesuffix(".0") + _mark(group.price)
    return (group.item, _number(group.quantity), price, _usd(group.usd))


def _total(title: str, lines: Sequence[Line]) -> tuple[str, ...]:
    return (f"**{title}**", "", f"prices of {dates_of(lines)}", f"**{_usd(total(lines))}**")


def _weekend(assemblies: Mapping[str, Assembly], costs: ArchitectureCosts) -> str:
    rows = []
    for environment, assembly in assemblies.items():
        lines = monthly(assembly)
        rows.append((code(environment), _usd(weekend(lines)), str(dates_of(lines))))
        if costs.in_service:
            lines = monthly(assembly, in_service=True)
            title = f"{code(environment)}, {costs.in_service.label}"
            rows.append((title, _usd(weekend(lines)), str(dates_of(lines))))
    heads = ("not destroyed over a weekend", "USD", "prices of")
    return table(heads, rows, numbers=True)


def _work(assemblies: Mapping[str, Assembly], costs: ArchitectureCosts) -> Iterator[str]:
    bills = {
        environment: list(costs.units(assembly)) for environment, assembly in assemblies.items()
    }
    names = [unit.name for unit in next(iter(bills.values()))]
    if not names:
        return
    yield "### By unit of work"
    rows = []
    for position, name in enumerate(names):
        units = [environment_units[position] for environment_units in bills.values()]
        lines = [line for unit in units for line in unit.lines]
        rows.append((name, *(_usd(unit.usd) for unit in units), str(dates_of(lines))))
    yield table(("USD for", *map(code, bills), "prices of"), rows, numbers=True)
    for environment, units in bills.items():
        for unit in units:
            yield _bill(environment, unit)


def _bill(environment: str, unit: Unit) -> str:
    rows = [*map(_group, grouped(unit.lines)), _total(unit.name, unit.lines)]
    bill = table(("what", "quantity", "unit price", "USD"), rows, numbers=True)
    return f'??? note "{unit.name}, `{environment}`"\n\n' + _indented(bill)


def _assumptions(costs: ArchitectureCosts) -> str:
    declared = [IDLE, *([costs.assumptions] if costs.assumptions else [])]
    rows = [(text, _number(value)) for assumed in declared for text, value in stated(assumed)]
    return table(("assumption", "value"), rows, numbers=True)


def _settings(costs: ArchitectureCosts, changes: Sequence[Change], varied: str) -> str:
    units = costs.month.units if costs.month else {}
    use = ", ".join(f"{_number(count)} x {name}" for name, count in units.items())
    before = changes[0].before
    rows = [(f"as `{varied}` sets it", "", _usd(before.idle_usd), _usd(before.usd))]
    rows += [
        (
            code(change.candidate),
            f"{change.usd:+,.2f}",
            _usd(change.after.idle_usd),
            _usd(change.after.usd),
        )
        for change in changes[:_SETTINGS]
    ]
    heads = ("with `-c`", "change, USD a month", "of it idle", "the month, USD")
    return (
        f"In a month of {use}. Each row was synthesised and priced with the prices of"
        f" {dates(())}.\n\n{table(heads, rows, numbers=True)}"
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {row}" for row in text.splitlines())


def _mark(price: Price) -> str:
    return "" if price.confidence == "primary" else f" *{price.confidence}*"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else _fixed(value, 4)


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value >= _DIME or value == 0 else _fixed(value, 2)


def _fixed(value: float, digits: int) -> str:
    """A number with so many significant digits, never as a power of ten."""
    return f"{Decimal(f'{value:.{digits}g}'):,f}"
