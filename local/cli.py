"""The command line of the local AWS: up, down, demo."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from local import local_aws
from local.demos.demo import Context, demo_of, parse_options
from local.demos.report import Report, summarise
from local.local_aws import LocalAws
from local.runtime import deployment
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

app = typer.Typer(
    help="Run the architectures on this machine: a local AWS with IAM enforced, no account, no"
    " Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
_REPORTS = ROOT / "reports"

Architectures = Annotated[
    list[str] | None,
    typer.Option("--arch", help="An architecture, or several with commas; repeatable. [all]"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("-c", help="KEY=VALUE, a setting as `cdk synth -c` takes it; repeatable."),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="NAME=VALUE of a demo, e.g. flights=all; repeatable."),
]


@app.command()
def up(arch: Architectures = None, setting: Settings = None) -> None:
    """Start the local AWS, deploy, and leave it running."""
    with _errors_as_messages():
        workspace = Workspace()
        with workspace.locked():
            _refuse_if_running(workspace)
            try:
                steps = Steps(console)
                settings = _named_values("-c", setting)
                synthesised = local_aws.synthesise(workspace, arch or (), settings, steps)
                running = local_aws.deploy(workspace, synthesised, steps)
                local_aws.ask_for_quotas(running, steps)
            except BaseException:
                stop(workspace)
                raise
            deployment.write_environment(workspace, running.emulator)
        console.print(f"\nThe local AWS answers at {running.emulator.endpoint}. To use it:")
        console.print(f"  source {_short(workspace.environment)}", highlight=False)
        for architecture in running.assembly.architectures:
            for command in _first_commands(running, architecture):
                console.print(f"  {command}", highlight=False, soft_wrap=True)
        console.print(
            f"The stacks' outputs are in {_short(workspace.outputs)}. `make local-down` stops it."
        )


@app.command()
def down() -> None:
    """Stop what `up` started, and clean up; nothing running is no error."""
    with _errors_as_messages():
        workspace = Workspace()
        with workspace.locked():
            stopped = stop(workspace)
            workspace.clear()
        console.print(f"Stopped {stopped} processes." if stopped else "Nothing was running.")


@app.command()
def demo(arch: Architectures = None, setting: Settings = None, option: Options = None) -> None:
    """Deploy, drive real data through, check every figure, report, stop."""
    with _errors_as_messages():
        settings, values = _named_values("-c", setting), _named_values("--option", option)
        workspace = Workspace(Path(os.environ.get("DEMO_DIR", ROOT / ".local-demo")))
        with workspace.locked():
            stop(workspace)  # a demo that was killed may have left its processes
            workspace.clear()
            steps = Steps(console)
            try:
                synthesised = local_aws.synthesise(workspace, arch or (), settings, steps)
                options = parse_options(synthesised.assembly.architectures, values)
                running = local_aws.deploy(workspace, synthesised, steps)
                local_aws.ask_for_quotas(running, steps)
                reports = _run_demos(running, options, steps)
            finally:
                if workspace.state():
                    with steps.step("Stop the local AWS"):
                        stop(workspace)
                workspace.clear()
        console.print()
        for line in summarise(list(reports.values())):
            console.print(line, highlight=False, soft_wrap=True)
        for architecture in reports:
            console.print(f"Report: {_short(_page(architecture))}", highlight=False, soft_wrap=True)
        if any(report.failed for report in reports.values()):
            raise LocalError("A figure is not as expected: see the crosses above.")


def _run_demos(running: LocalAws, options: dict[str, Any], steps: Steps) -> dict[str, Report]:
    """Architecture -> report, each written to `reports/` as its demo ends."""
    reports = {}
    for architecture in running.assembly.architectures:
        if demo_class := demo_of(architecture):
            section = steps.section()
            context = Context(
                running.emulator, running.workspace, running.outputs, section, options
            )
            report = reports[architecture] = demo_class(context).run()
            _write(architecture, report, running, section)
    return reports


def _write(architecture: str, report: Report, running: LocalAws, steps: Steps) -> None:
    """Write the page, and beside it what was printed, which the site shows."""
    page = _page(architecture)
    page.parent.mkdir(exist_ok=True)
    outputs, kept_resources = running.outputs_of(architecture), running.kept_of(architecture)
    page.write_text(report.page(outputs, kept_resources, steps.seconds))
    page.with_suffix(".txt").write_text(steps.transcript_with(report.summary()))


def _page(architecture: str) -> Path:
    return _REPORTS / f"{architecture}.html"


def _first_commands(running: LocalAws, architecture: str) -> list[str]:
    """The commands that the demo of an architecture suggests to try."""
    demo_class = demo_of(architecture)
    return demo_class.first_commands(running.outputs) if demo_class else []


def _refuse_if_running(workspace: Workspace) -> None:
    state = workspace.state()
    if state is None:
        return
    if len(state.alive()) == len(state.processes):
        raise LocalError(
            f"A local AWS already runs at https://127.0.0.1:{state.port}: use it (see"
            f" {_short(workspace.environment)}), or stop it with `make local-down`."
        )
    stop(workspace)
    workspace.clear()
    console.print("An earlier local AWS had partly stopped: it was cleaned up.")


def _named_values(flag: str, pairs: Iterable[str] | None) -> dict[str, str]:
    values = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise LocalError(f"{flag} {pair}: write NAME=VALUE.")
        values[name] = value
    return values


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    """Turn a LocalError into a message and exit code 1, Ctrl-C and SIGTERM into exit code 130."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # SIGINT, too: a shell starts background commands with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        yield
    except LocalError as error:
        Console(stderr=True).print(f"[red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped.")
        sys.exit(130)
