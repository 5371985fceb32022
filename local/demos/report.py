"""What the demo did and found: in the terminal, and as one page that needs nothing else."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from local.demos.streaming_lake.demo import Result
from local.demos.verification import Check
from local.runtime.trimming import Trimmed

_ROWS_SHOWN = 8
_INK, _BAR = "#1b2a3a", "#3a6ea5"


def write_page(
    path: Path,
    result: Result,
    outputs: dict[str, dict[str, str]],
    trimmed: list[Trimmed],
    seconds: dict[str, float],
) -> None:
    """Write the report as one HTML file at `path`."""
    text = render(
        "report.html.j2",
        result.checks,
        seconds,
        result=result,
        outputs=outputs,
        trimmed=trimmed,
        tables=[
            (answer, answer.rows.head(_ROWS_SHOWN).to_dict("split")) for answer in result.answers
        ],
        chart=delay_chart(result.answers[0].rows),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def render(template: str, checks: list[Check], seconds: dict[str, float], **values: Any) -> str:
    """The page of a demo, from a template of this folder: what every demo's page has, and more."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    page = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    return page.get_template(template).render(
        seconds=seconds,
        total=sum(seconds.values()),
        passed=sum(check.passed for check in checks),
        text=as_text,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        **values,
    )


def delay_chart(rows: pd.DataFrame) -> str:
    """Mean arrival delay by scheduled hour over all carriers, as SVG."""
    arrived = rows.assign(minutes=rows.mean_arrival_delay_minutes * rows.flights)
    hours = arrived.groupby("departure_hour")[["minutes", "flights"]].sum()
    # The day in New York begins at 10 UTC: shown in that order, nights do not split the picture.
    hours = hours.reindex([(hour + 9) % 24 for hour in range(24)]).dropna()
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    labels = [f"{hour:02d}" for hour in hours.index]
    axes.bar(labels, hours.minutes / hours.flights, color=_BAR)
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.set_xlabel("scheduled departure, hour UTC (New York + 5 in winter)")
    axes.set_ylabel("mean arrival delay, minutes")
    axes.spines[["top", "right"]].set_visible(False)
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    return svg[svg.index("<svg") :]


def print_report(console: Console, result: Result, page: Path) -> None:
    """The checks and the first query as tables, then where the whole page is."""
    console.print(checks_table(result.checks))
    answer = result.answers[0]
    rows = Table(title=answer.question, title_justify="left", title_style="bold")
    for column in answer.rows.columns:
        rows.add_column(str(column).replace("_", " "), justify="right", overflow="fold")
    worst = answer.rows.sort_values("mean_arrival_delay_minutes", ascending=False)
    for row in (
        worst[worst.flights >= worst.flights.median()].head(_ROWS_SHOWN).itertuples(index=False)
    ):
        rows.add_row(*(f"{value}" for value in row))
    console.print(rows)
    console.print(f"The whole report: {page}", highlight=False, soft_wrap=True)


def checks_table(checks: list[Check]) -> Table:
    """Each figure, as it should be and as it is."""
    table = Table(title="Checks", title_justify="left", title_style="bold")
    for heading in ("", "figure", "expected", "actual"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        table.add_row(mark, check.name, as_text(check.expected), as_text(check.actual))
    return table


def as_text(value: Any) -> str:
    """A figure as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(as_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
