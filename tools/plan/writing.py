"""A plan as Markdown for a pull request, and as tables in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.plan.kinds import LOST
from tools.plan.review import Review, Section

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def markdown(title: str, review: Review, cost: Section) -> str:
    """The plan as a page of Markdown."""
    parts = [f"## {title}"]
    for section in review.sections():
        parts += [f"### {section.title} ({len(section.rows)})", _pipes(section)]
    if code := _code(review):
        parts.append(code)
    if len(parts) == 1:
        parts.append("Nothing changes.")
    parts += [f"### {cost.title}", _pipes(cost)]
    return "\n\n".join(parts) + "\n"


def _pipes(section: Section) -> str:
    rows: Sequence[Sequence[str]] = (section.heads, ["---"] * len(section.heads), *section.rows)
    return "\n".join(f"| {' | '.join(_cell(each) for each in row)} |" for row in rows)


def _cell(text: str) -> str:
    if text == LOST:
        return f"**{text}**"
    return text.replace("|", "\\|").replace("*", "\\*")


def _code(review: Review) -> str:
    if not review.code:
        return ""
    places = ", ".join(review.code)
    count = len(review.code)
    return f"Code of {count} {'function' if count == 1 else 'functions'} changes: {places}."


def show(console: Console, title: str, review: Review, cost: Section) -> None:
    """The plan in the terminal."""
    console.print(f"[bold]{escape(title)}[/]\n", highlight=False)
    for section in review.sections():
        console.print(_table(section))
    if code := _code(review):
        console.print(escape(code), highlight=False)
    elif not review.sections():
        console.print("Nothing changes.")
    console.print(_table(cost))


def _table(section: Section) -> Table:
    table = Table(title=section.title, title_justify="left", title_style="bold")
    for head in section.heads:
        table.add_column(head, overflow="fold")
    for row in section.rows:
        cells = [f"[bold red]{each}[/]" if each == LOST else escape(each) for each in row]
        table.add_row(*cells, style=_COLOURS.get(row[0], ""))
    return table
