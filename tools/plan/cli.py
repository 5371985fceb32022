"""The command line of `make plan`."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from repository import ROOT
from stacks.catalogue import ARCHITECTURES, ENVIRONMENTS
from tools.assembly import Templates
from tools.plan import templates
from tools.plan.changes import changes
from tools.plan.cost import cost, group_of
from tools.plan.errors import PlanError
from tools.plan.review import Review, Section, review
from tools.plan.writing import markdown, show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Arch = Annotated[str, typer.Option("--arch", help="One architecture, e.g. streaming-lake. [all]")]
Env = Annotated[str, typer.Option("--env", help="The environment: local, sandbox, production.")]
Base = Annotated[str, typer.Option("--base", help="The revision to compare with.")]
ToOutput = Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of tables.")]


@app.command()
def plan(
    arch: Arch = "", env: Env = "sandbox", base: Base = "HEAD", to_output: ToOutput = False
) -> None:
    """What the work tree changes of a revision's templates: security first, without an account."""
    try:
        title, found, costs = _planned(arch, env, base)
    except PlanError as error:
        Console(stderr=True).print(f"[red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    page = markdown(title, found, costs)
    path = templates.KEPT / "plan.md"
    path.write_text(page)
    if to_output:
        sys.stdout.write(page)
        return
    console = Console()
    show(console, title, found, costs)
    console.print(f"For a pull request: {path.relative_to(ROOT)}", highlight=False)


def _planned(arch: str, env: str, base: str) -> tuple[str, Review, Section]:
    if arch and arch not in ARCHITECTURES:
        raise PlanError(
            f"ARCH={arch}: no such architecture; use one of {', '.join(ARCHITECTURES)}."
        )
    if env not in ENVIRONMENTS:
        raise PlanError(f"ENV={env}: no such environment; use one of {', '.join(ENVIRONMENTS)}.")
    old, new, name = templates.both(env, base)
    old, new = _only(old, arch), _only(new, arch)
    title = f"{arch or 'Every architecture'} in {env}: the work tree against {name}"
    return title, review(changes(old, new)), cost(old, new)


def _only(found: Templates, arch: str) -> Templates:
    return {name: each for name, each in found.items() if arch in ("", group_of(name))}
