"""`make settings`: print every setting, its value in each environment, and what it does."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stacks.catalogue import ENVIRONMENTS, chosen
from stacks.environments import SettingsError
from tools.settings import Group, common, group

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def settings(
    architecture: Annotated[str, typer.Argument(help="One architecture. [all]")] = "",
) -> None:
    """Print the settings of one or all architectures."""
    try:
        manifests = chosen([architecture] if architecture else [])
    except SettingsError as error:
        sys.exit(f"Error: {error}")
    console = Console()
    console.print(_table("All architectures", common()))
    for manifest in manifests:
        for declared in manifest.settings:
            console.print(_table(f"{manifest.name}: {declared.name}", group(declared)))
    console.print("Change one with -c key=value, or make ... SETTINGS='key=value key=value'.")


def _table(title: str, settings_group: Group) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=True)
    for head in ("key", *ENVIRONMENTS, "what it does"):
        table.add_column(head, overflow="fold", ratio=2 if head == "what it does" else None)
    for setting in settings_group.settings:
        values = (setting.values[environment] for environment in ENVIRONMENTS)
        table.add_row(*map(escape, (setting.key, *values, setting.description)))
    return table


if __name__ == "__main__":
    app()
