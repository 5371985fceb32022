"""The command line of the sandbox: up, down, demo."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.demos import flights, report
from local.demos.language_chain import report as language_chain_report
from local.demos.language_chain.demo import LanguageChainDemo
from local.demos.ml_platform import report as ml_platform_report
from local.demos.ml_platform.demo import MlPlatformDemo
from local.demos.streaming_lake.demo import StreamingLakeDemo
from local.demos.verification import Check
from local.runtime import deployment, emulator
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.trimming import Trimmed
from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

app = typer.Typer(
    help="Run the architectures on this machine: an embedded AWS with IAM enforced, no account, "
    "no Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Recorded, because the site shows what the last demo printed.
console = Console(record=True)

Architectures = Annotated[
    list[str] | None,
    typer.Option("--arch", help="An architecture, e.g. streaming-lake; may be given again. [all]"),
]
Flights = Annotated[
    str,
    typer.Option(
        "--flights", help=f"How many flights to stream: 1,000 to {flights.ALL:,}, or all."
    ),
]


@app.command()
def up(arch: Architectures = None) -> None:
    """Start the embedded AWS, deploy, and leave it running."""
    with _told_plainly():
        workspace = Workspace()
        with workspace.locked():
            _refuse_if_running(workspace)
            try:
                running, outputs, _ = _start(workspace, arch, Steps(console))
            except BaseException:
                emulator.stop(workspace)
                raise
            deployment.write_environment(running, workspace.environment)
        console.print(f"\nThe embedded AWS answers at {running.endpoint}. To talk to it:")
        console.print(f"  source {_short(workspace.environment)}", highlight=False)
        for stack in outputs.values():
            if stream := stack.get("StreamName"):
                command = f"aws kinesis describe-stream-summary --stream-name {stream}"
                console.print(f"  {command}", highlight=False, soft_wrap=True)
            if inbox := stack.get("InputBucketName"):
                command = f"aws s3 cp local/demos/language_chain/documents/de.txt s3://{inbox}/"
                console.print(f"  {command}", highlight=False, soft_wrap=True)
        console.print(
            f"The stacks' outputs are in {_short(workspace.outputs)}. `make local-down` stops it."
        )


@app.command()
def down() -> None:
    """Stop what `up` started, and clean up. Nothing running is fine."""
    with _told_plainly():
        workspace = Workspace()
        with workspace.locked():
            stopped = emulator.stop(workspace)
            workspace.clear()
        console.print(f"Stopped {stopped} processes." if stopped else "Nothing was running.")


@app.command()
def demo(arch: Architectures = None, count: Flights = "20000") -> None:
    """Deploy, stream real flights through, check every figure, report, stop."""
    with _told_plainly():
        flights_count = _count(count)
        workspace = Workspace(Path(os.environ.get("DEMO_DIR", ROOT / ".local-demo")))
        with workspace.locked():
            emulator.stop(workspace)  # a demo that was killed may have left its processes
            workspace.clear()
            try:
                passed = _demo(workspace, arch, flights_count)
            finally:
                with Steps(console).step("Stop the embedded AWS"):
                    emulator.stop(workspace)
                    workspace.clear()
        if not passed:
            raise LocalError("A figure is not as expected: see the crosses above.")


@app.command()
def stacks(arch: list[str]) -> None:
    """Print the stacks of an architecture, as `cdk deploy` takes them."""
    with _told_plainly():
        print(*deployment.stacks_of(arch))  # noqa: T201 -- for another command to read


def _demo(workspace: Workspace, arch: list[str] | None, count: int) -> bool:
    steps = Steps(console)
    running, outputs, trimmed = _start(workspace, arch, steps)
    checks: list[Check] = []
    if "StreamingLake" in outputs:
        lake = StreamingLakeDemo(running, workspace, outputs["StreamingLake"], steps).run(count)
        page = ROOT / "reports" / "streaming-lake.html"
        report.write_page(page, lake, outputs, trimmed, steps.seconds)
        report.print_report(console, lake, page)
        _write_transcript(page)
        checks += lake.checks
    if "MlTraining" in outputs:
        steps = Steps(console)
        platform = MlPlatformDemo(running, workspace, outputs, steps).run()
        page = ROOT / "reports" / "ml-platform.html"
        ml_platform_report.write_page(page, platform, outputs, trimmed, steps.seconds)
        ml_platform_report.print_report(console, platform, page)
        _write_transcript(page)
        checks += platform.checks
    if "LanguageChain" in outputs:
        steps = Steps(console)
        chain = LanguageChainDemo(running, outputs["LanguageChain"], steps).run()
        page = ROOT / "reports" / "language-chain.html"
        language_chain_report.write_page(page, chain, outputs, trimmed, steps.seconds)
        language_chain_report.print_report(console, chain, page)
        _write_transcript(page)
        checks += chain.checks
    return all(check.passed for check in checks)


def _write_transcript(page: Path) -> None:
    """What was printed since the last one, beside the report."""
    page.with_suffix(".txt").write_text(console.export_text())


def _start(
    workspace: Workspace, arch: list[str] | None, steps: Steps
) -> tuple[Emulator, dict[str, dict[str, str]], list[Trimmed]]:
    architectures = deployment.with_what_they_need(arch or list(deployment.ARCHITECTURES))
    stacks = deployment.stacks_of(architectures)
    with steps.step("Start the embedded AWS, IAM enforced"):
        running = emulator.start(workspace, architectures)
        cli = deployment.CdkCli(running, workspace)
    with steps.step("Synthesise with the CDK CLI"):
        trimmed = deployment.synthesise(cli, workspace)
    for reason in sorted({each.reason for each in trimmed}):
        left_out = [each for each in trimmed if each.reason == reason]
        names = ", ".join(sorted({each.label for each in left_out}))
        steps.say(f"left out: {names} ({reason})")
    with steps.step("Bootstrap the embedded account"):
        deployment.bootstrap(cli, running)
    with steps.step(f"Deploy {', '.join(stacks)}"):
        outputs = deployment.deploy(cli, workspace, stacks)
        if "streaming-lake" in architectures:
            emulator.serve_firehose(workspace, running)
        if {"ml-platform", "language-chain"} & set(architectures):
            emulator.serve_sagemaker(workspace, running)
    return running, outputs, trimmed


def _refuse_if_running(workspace: Workspace) -> None:
    state = workspace.state()
    if state is None:
        return
    if len(state.alive()) == len(state.processes):
        raise LocalError(
            f"A sandbox runs already, at https://127.0.0.1:{state.port}: use it (see "
            f"{_short(workspace.environment)}), or stop it with `make local-down`."
        )
    emulator.stop(workspace)
    workspace.clear()
    console.print("An earlier sandbox had half died: it was cleaned up.")


def _count(text: str) -> int:
    if text == "all":
        return flights.ALL
    if not text.isdigit() or not 1000 <= int(text) <= flights.ALL:
        raise LocalError(f"FLIGHTS={text}: say a number from 1000 to {flights.ALL}, or all.")
    return int(text)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what the user can act on into a message and exit code 1, Ctrl-C into 130."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # Ctrl-C, too: a shell starts background commands with it ignored.
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
