"""The section "What it costs" of an architecture's page, as Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from tools.assembly import Templates
from tools.costs import sensitivity
from tools.costs.architectures import only
from tools.costs.assumptions import IDLE, Chain, Idle, Lake, Platform, stated
from tools.costs.idle import WEEKEND_HOURS, monthly, weekend, while_on
from tools.costs.lines import Group, Line, dates_of, grouped, total
from tools.costs.prices import REGION, Price, dates
from tools.costs.schedules import HOURS_A_MONTH
from tools.costs.work import ASSUMPTIONS, Unit, units

# The environment whose settings are varied: there a month of use is meant.
_VARIED = "production"
_SHOWN = 3
# Below it, cents say too little.
_DIME = 0.1


def section(architecture: str, templates: Mapping[str, Templates]) -> str:
    """What an architecture costs in each environment, idle and by unit of work.

    `templates` by the name of their environment; other architectures' stacks may be among them.
    """
    own = {name: only(each, architecture) for name, each in templates.items()}
    parts = [
        f"List prices of {REGION} in USD, free tiers and taxes left out. A month has"
        f" {HOURS_A_MONTH} hours. Beside each total stand the dates of the prices it rests on; an"
        " old date means that AWS had not changed the price since. A price is marked *secondary*"
        " if it was not read at AWS, and *derived* if it was computed from one that was.",
        "### Idle, a month",
        *(_idle(name, each) for name, each in own.items()),
        "### Left running for a weekend",
        _weekend(own),
        "### By unit of work",
        *_work(architecture, own),
        "### What is assumed",
        _assumed([IDLE, ASSUMPTIONS[architecture]]),
        "### The settings that change it most",
        _settings(architecture),
    ]
    return "\n\n".join(parts) + "\n"


def _idle(environment: str, templates: Templates) -> str:
    lines, deployed = monthly(templates), monthly(templates, model_deployed=True)
    more = [each for each in deployed if each not in lines]
    rows = [*map(_group, grouped(lines)), _total("idle", lines)]
    if more:
        rows += [*map(_group, grouped(more)), _total("idle, a model deployed", deployed)]
    notes = [
        f"While on, {each.what} costs {_usd(each.usd)} USD{_mark(each.price)}."
        for each in while_on(templates)
    ]
    heads = ("what", "how much", "for one", "USD a month")
    return "\n\n".join([f"#### `{environment}`", _table(heads, rows), *notes])


def _group(group: Group) -> tuple[str, ...]:
    price = f"{Decimal(str(group.price.usd)):f}".removesuffix(".0") + _mark(group.price)
    return (group.what, _number(group.quantity), price, _usd(group.usd))


def _total(what: str, lines: Sequence[Line]) -> tuple[str, ...]:
    return (f"**{what}**", "", f"prices of {dates_of(lines)}", f"**{_usd(total(lines))}**")


def _weekend(own: Mapping[str, Templates]) -> str:
    rows = []
    for name, templates in own.items():
        lines, deployed = monthly(templates), monthly(templates, model_deployed=True)
        rows.append((f"`{name}`", _usd(weekend(lines)), str(dates_of(lines))))
        if len(deployed) > len(lines):
            said = f"`{name}`, a model deployed"
            rows.append((said, _usd(weekend(deployed)), str(dates_of(deployed))))
    heads = (f"left running for a weekend ({WEEKEND_HOURS} hours)", "USD", "prices of")
    return _table(heads, rows)


def _work(architecture: str, own: Mapping[str, Templates]) -> Iterator[str]:
    bills = {name: units(architecture, templates) for name, templates in own.items()}
    names = [unit.name for unit in next(iter(bills.values()))]
    rows = []
    for place, name in enumerate(names):
        same = [each[place] for each in bills.values()]
        lines = [line for unit in same for line in unit.lines]
        rows.append((name, *(_usd(unit.usd) for unit in same), str(dates_of(lines))))
    yield _table(("USD for", *(f"`{name}`" for name in bills), "prices of"), rows)
    for environment, found in bills.items():
        for unit in found:
            yield _bill(environment, unit)


def _bill(environment: str, unit: Unit) -> str:
    rows = [*map(_group, grouped(unit.lines)), _total(unit.name, unit.lines)]
    table = _table(("what", "how much", "for one", "USD"), rows)
    return f'??? note "{unit.name}, `{environment}`"\n\n' + _indented(table)


def _assumed(assumptions: Iterable[Idle | Lake | Platform | Chain]) -> str:
    rows = [(text, _number(value)) for each in assumptions for text, value in stated(each)]
    return _table(("assumed", "value"), rows)


def _settings(architecture: str) -> str:
    changes = sensitivity.ranked(architecture, _VARIED)[:_SHOWN]
    use = sensitivity.MONTH_OF_USE[architecture]
    said = ", ".join(f"{_number(count)} x {name}" for name, count in use.items())
    before = changes[0].before
    rows = [
        (
            f"`{each.candidate}`",
            f"{each.usd:+,.2f}",
            _usd(each.after.idle_usd),
            _usd(each.after.usd),
        )
        for each in changes
    ]
    rows.insert(0, (f"as `{_VARIED}` sets it", "", _usd(before.idle_usd), _usd(before.usd)))
    heads = ("with `-c`", "change, USD a month", "of it idle", "the month, USD")
    return (
        f"In a month of {said}; each was synthesised and priced, by a sheet whose prices are of"
        f" {dates(())}.\n\n{_table(heads, rows)}"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table, the first column to the left and numbers to the right."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def _indented(text: str) -> str:
    return "\n".join(f"    {row}" for row in text.splitlines())


def _mark(price: Price) -> str:
    return "" if price.confidence == "primary" else f" *{price.confidence}*"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else _fixed(value, 4)


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value >= _DIME or value == 0 else _fixed(value, 2)


def _fixed(value: float, digits: int) -> str:
    """So many significant digits, never as a power of ten."""
    return f"{Decimal(f'{value:.{digits}g}'):,f}"
