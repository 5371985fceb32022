"""`make bench`: measure, compare, and write `docs/figures.toml`; fails if a limit is exceeded."""

import os
import platform
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tools.bench import figures
from tools.bench.figures import Figure, FiguresError
from tools.bench.measurement import Measurement
from tools.bench.parts import BY_NAME_ONLY, PARTS

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()

Parts = Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(PARTS)}.")]


@app.command()
def run(
    parts: Parts = None,
    wall: Annotated[bool, typer.Option("--wall", help="Whole commands, too.")] = False,
) -> None:
    """Measure the named parts, or all that take less than a few minutes."""
    if unknown := set(parts or ()) - PARTS.keys():
        sys.exit(f"Error: {', '.join(unknown)}: no such part. Use {', '.join(PARTS)}.")
    names = parts or [name for name in PARTS if wall or name not in BY_NAME_ONLY]
    table = Table(title="Figures, and what they are compared to", title_justify="left")
    for head in ("", "figure", "measured", "compared to"):
        table.add_column(head, overflow="fold")
    exceeded = 0
    for name in names:
        with console.status(PARTS[name].__doc__ or name):
            measurements = list(PARTS[name]())
        figures.merge(_figure(name, measurement) for measurement in measurements)
        for measurement in measurements:
            exceeded += not measurement.within_limit
            figure = _figure(name, measurement)
            mark = "✓" if measurement.within_limit else "✗"
            table.add_row(mark, figure.title, figure.measured, figure.compared_to)
    console.print(table)
    console.print("Written to docs/figures.toml.")
    sys.exit(bool(exceeded))


@app.command()
def readme() -> None:
    """Write the figures that README shows between its markers."""
    try:
        figures.update_readme()
    except FiguresError as error:
        sys.exit(f"Error: {error}")


def _figure(part: str, measurement: Measurement) -> Figure:
    return Figure(
        id=measurement.id,
        title=measurement.title,
        value=measurement.value,
        unit=measurement.unit,
        compared_to=measurement.compared_to,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{os.cpu_count()} cores, Python {platform.python_version()}",
        command=f"make bench PART={part}",
    )


if __name__ == "__main__":
    app()
