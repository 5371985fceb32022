"""`make settings`: print every setting, its value in each environment, and what it does."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from stacks.catalogue import chosen
from stacks.environments import SettingsError
from tools.settings import Group, Setting, common, group

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
    # Lines, not a table: the longest key leaves an 80-column table no room for descriptions, and a
    # folded key can neither be copied nor found with grep.
    console = Console(highlight=False)
    _print(console, "All architectures", common())
    for manifest in manifests:
        for declared in manifest.settings:
            _print(console, manifest.name, group(declared))
    console.print("Change one with -c key=value, or make ... SETTINGS='key=value key=value'.")


def _print(console: Console, title: str, settings_group: Group) -> None:
    console.print(f"[bold underline]{escape(title)}[/]\n")
    for setting in settings_group.settings:
        console.print(f"[bold]{escape(setting.key)}[/]  {escape(_values(setting))}", soft_wrap=True)
        console.print(Padding(escape(setting.description), (0, 0, 1, 4)))


def _values(setting: Setting) -> str:
    """ "local 1, sandbox 1, production 4", or "1" where all environments have the same value."""
    values = dict(setting.values)
    if len(set(values.values())) == 1:
        return values.popitem()[1]
    return ", ".join(f"{environment} {value}" for environment, value in values.items())


if __name__ == "__main__":
    app()
