"""A plan as Markdown for a pull request, and as tables in the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.markdown import table as markdown_table
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
    return markdown_table(section.heads, [tuple(map(_cell, row)) for row in section.rows])


def _cell(text: str) -> str:
    return f"**{text}**" if text == LOST else text.replace("*", "\\*")


def _code(review: Review) -> str:
    if not review.code:
        return ""
    paths, count = ", ".join(review.code), len(review.code)
    return f"Code of {count} {'function' if count == 1 else 'functions'} changes: {paths}."


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
        cells = [f"[bold red]{cell}[/]" if cell == LOST else escape(cell) for cell in row]
        table.add_row(*cells, style=_COLOURS.get(row[0], ""))
    return table
