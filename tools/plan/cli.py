"""The command line of `make plan`."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from repository import ROOT
from stacks.catalogue import chosen, environment_from
from stacks.environments import ENVIRONMENT_NAMES, SettingsError, typed_settings
from tools.assembly import Templates
from tools.plan import templates
from tools.plan.changes import changes
from tools.plan.cost import cost, group_of
from tools.plan.errors import PlanError
from tools.plan.review import Review, Section, review
from tools.plan.templates import Request
from tools.plan.writing import markdown, show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Arch = Annotated[str, typer.Option("--arch", help="One architecture, e.g. streaming-lake. [all]")]
Env = Annotated[str, typer.Option("--env", help="The environment: local, sandbox, production.")]
Base = Annotated[str, typer.Option("--base", help="The revision to compare with.")]
Settings = Annotated[list[str], typer.Option("--set", "-c", help="A setting, group.name=value.")]
ToOutput = Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of tables.")]


@app.command()
def plan(
    arch: Arch = "",
    env: Env = "sandbox",
    base: Base = "HEAD",
    settings: Settings = [],  # noqa: B006  # typer copies it
    to_output: ToOutput = False,
) -> None:
    """Show how the work tree changes the templates of a Git revision, security changes first.

    Needs no AWS account.
    """
    try:
        request = Request(env, arch, typed_settings(settings))
        _check(request)
        title, planned, costs = _plan(request, base)
    except (PlanError, SettingsError) as error:
        Console(stderr=True).print(f"[red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    page = markdown(title, planned, costs)
    path = templates.PLANS / "plan.md"
    path.write_text(page)
    if to_output:
        sys.stdout.write(page)
        return
    console = Console()
    show(console, title, planned, costs)
    console.print(f"For a pull request: {path.relative_to(ROOT)}", highlight=False)


def _check(request: Request) -> None:
    """Raise PlanError or SettingsError for what the work tree does not know."""
    if request.environment not in ENVIRONMENT_NAMES:
        raise PlanError(
            f"ENV={request.environment}: no such environment. Use {', '.join(ENVIRONMENT_NAMES)}."
        )
    chosen([request.architecture] if request.architecture else [])
    environment_from({"env": request.environment, **request.settings})


def _plan(request: Request, base: str) -> tuple[str, Review, Section]:
    old, new, name = templates.both(request, base)
    old, new = (_only(side, request.architecture) for side in (old, new))
    title = f"{request.architecture or 'Every architecture'} in {request.environment}"
    if request.settings:
        title += f", {', '.join(f'{key}={value}' for key, value in request.settings.items())}"
    title += f": the work tree against {name}"
    return title, review(changes(old, new)), cost(old, new)


def _only(side: Templates, architecture: str) -> Templates:
    """Without the stacks of architectures that the chosen one imports from."""
    return {
        stack: template for stack, template in side.items() if architecture in ("", group_of(stack))
    }
