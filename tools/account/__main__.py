"""`python -m tools.account ...`: a reader's AWS account, by the usual profile."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from stacks.catalogue import chosen, environment_from, with_needs
from stacks.environments import SettingsError, typed_settings
from tools.account import destroy as taking_down
from tools.account.doctor import clients, examine
from tools.account.findings import Finding
from tools.account.remains import Remain

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)

Env = Annotated[str, typer.Option("--env", help="The environment: sandbox, production.")]
Arch = Annotated[str, typer.Option("--arch", help="One architecture. [all]")]
Settings = Annotated[list[str], typer.Option("-c", help="A setting, group.name=value.")]


@app.command()
def doctor(env: Env = "sandbox", arch: Arch = "", setting: Settings = []) -> None:  # noqa: B006  # typer copies it
    """Say what is missing in the account, and what to type. Changes nothing."""
    with _errors_as_messages():
        settings = typed_settings(setting)
        chosen([arch] if arch else [])
        environment_from({"env": env, **settings})
        findings = [_shown(finding) for finding in examine(env, arch, settings, _session())]
    wrong = sum(not finding.right for finding in findings)
    console.print(f"{wrong} to put right." if wrong else "Ready to deploy.")
    sys.exit(1 if wrong else 0)


@app.command()
def verify(
    env: Env = "sandbox",
    arch: Arch = "",
    setting: Settings = [],  # noqa: B006  # typer copies it
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drive the deployed stacks with a small real load, and compare what comes out."""
    # Its packages are those of the demo, which the other commands do without.
    from local.runtime.progress import Steps  # noqa: PLC0415
    from local.runtime.workspace import LocalError  # noqa: PLC0415
    from tools.account import verify as verification  # noqa: PLC0415

    with _errors_as_messages(LocalError):
        environment = environment_from({"env": env, **typed_settings(setting)})
        architectures = chosen([arch] if arch else [])
        session = _session()
        stacks = [
            f"{environment.common.name_prefix}{stack}"
            for manifest in with_needs(architectures, environment)
            for stack in manifest.stack_names_in(environment)
        ]
        verifications = verification.verifications([manifest.name for manifest in architectures])
        outputs = verification.outputs_of(clients(session), stacks)
        for name, planned in verifications.items():
            console.print(
                f"{name}: about {planned.usd:.2f} USD and {planned.minutes} minutes; it leaves"
                f" {planned.leaves}."
            )
        if not yes and sys.stdin.isatty():
            typer.confirm("Go on?", abort=True)
        account = verification.ReaderAccount(session)
        checks = verification.drive(verifications, account, outputs, Steps(console))
    failed = 0
    for name, results in checks.items():
        console.print(f"\n[bold]{name}[/]")
        for check in results:
            console.print(f"{'[green]✓[/]' if check.passed else '[red]✗[/]'} {escape(str(check))}")
            failed += not check.passed
    sys.exit(1 if failed else 0)


@app.command()
def produce(
    arch: Annotated[str, typer.Option("--arch", help="The architecture.")] = "streaming-lake",
    env: Env = "sandbox",
    setting: Settings = [],  # noqa: B006  # typer copies it
    flights: Annotated[str, typer.Option(help="How many of the project's flights, or all.")] = "",
    file: Annotated[str, typer.Option(help="Send the lines of this file instead.")] = "",
) -> None:
    """Fill a deployed architecture with data: events and weather, or a training set."""
    # Its packages are those of the demo, which the other commands do without.
    from local.demos.flights import parse_count  # noqa: PLC0415
    from local.demos.sample import sample_of  # noqa: PLC0415
    from local.runtime.progress import Steps  # noqa: PLC0415
    from local.runtime.workspace import LocalError  # noqa: PLC0415
    from tools.account import verify as verification  # noqa: PLC0415

    with _errors_as_messages(LocalError, ValueError):
        environment = environment_from({"env": env, **typed_settings(setting)})
        (manifest,) = chosen([arch])
        sample = sample_of(arch)
        if sample is None:
            raise LocalError(f"{arch}: nothing fills this architecture with data.")
        session, prefix = _session(), environment.common.name_prefix
        stacks = [f"{prefix}{stack}" for stack in manifest.stack_names_in(environment)]
        outputs = verification.outputs_of(clients(session), stacks)
        account, steps = verification.ReaderAccount(session), Steps(console)
        console.print(f"{arch}: at most about {sample.usd:.2f} USD.")
        if file:
            console.print(sample.send_file(account, outputs, steps, Path(file)))
        else:
            count = parse_count(flights or str(sample.flights))
            console.print(sample.fill(account, outputs, steps, count))


@app.command()
def replay(
    start: Annotated[str, typer.Option("--from", help="The first hour of arrival, UTC.")] = "",
    end: Annotated[str, typer.Option("--to", help="The last hour of arrival, UTC.")] = "",
    env: Env = "sandbox",
    setting: Settings = [],  # noqa: B006  # typer copies it
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Bring hours of the raw log back into the lake, and curate them."""
    # Its packages are those of the demo, which the other commands do without.
    from local.runtime.progress import Steps  # noqa: PLC0415
    from local.runtime.workspace import LocalError  # noqa: PLC0415
    from tools.account.raw_log import Hours  # noqa: PLC0415
    from tools.account.replay import Replay  # noqa: PLC0415
    from tools.account.verify import outputs_of  # noqa: PLC0415

    with _errors_as_messages(LocalError):
        environment = environment_from({"env": env, **typed_settings(setting)})
        hours = Hours.of(start, end)
        session = _session()
        stack = f"{environment.common.name_prefix}StreamingLake"
        (lake,) = outputs_of(clients(session), [stack]).values()
        planned = Replay(session, lake, hours)
        console.print(planned.announcement())
        if not yes and sys.stdin.isatty():
            typer.confirm("Go on?", abort=True)
        for line in planned.run(Steps(console)):
            console.print(escape(line))


@app.command()
def promote(env: Env = "sandbox", setting: Settings = []) -> None:  # noqa: B006  # typer copies it
    """Let the challenger or shadow of the ML platform's endpoint replace its champion."""
    _change_champion(env, setting, "promote")


@app.command()
def rollback(env: Env = "sandbox", setting: Settings = []) -> None:  # noqa: B006  # typer copies it
    """Take the newest model of the ML platform's endpoint out of service, and reject it."""
    _change_champion(env, setting, "roll_back")


def _change_champion(env: str, setting: list[str], change: str) -> None:
    # Its packages are those of the demo, which the other commands do without.
    from local.runtime.progress import Steps  # noqa: PLC0415
    from local.runtime.workspace import LocalError  # noqa: PLC0415
    from tools.account.serving import Serving  # noqa: PLC0415
    from tools.account.verify import outputs_of  # noqa: PLC0415

    with _errors_as_messages(LocalError):
        environment = environment_from({"env": env, **typed_settings(setting)})
        account = clients(_session())
        stack = f"{environment.common.name_prefix}MlEndpoint"
        (outputs,) = outputs_of(account, [stack]).values()
        console.print(escape(getattr(Serving(account, outputs), change)(Steps(console))))


@app.command()
def destroy(env: Env = "sandbox", arch: Arch = "", setting: Settings = []) -> None:  # noqa: B006  # typer copies it
    """Take the stacks down, with what workflows and services made beside them."""
    with _errors_as_messages(RuntimeError):
        environment = environment_from({"env": env, **typed_settings(setting)})
        architectures = chosen([arch] if arch else [])
        stacks = [
            stack for manifest in architectures for stack in manifest.stack_names_in(environment)
        ]
        # Who reads the alarms no longer matters: without an answer, production has no synth.
        context = [f"env={env}", "alarm_email=none", *([f"arch={arch}"] if arch else []), *setting]
        # Asked below, once: the CLI's own question would come after endpoints are gone.
        command = ["cdk", "destroy", "--force", *stacks]
        command += [option for pair in context for option in ("-c", pair)]
        names = [f"{environment.common.name_prefix}{stack}" for stack in stacks]

        def confirm(made_by_workflows: list[Remain]) -> bool:
            console.print(f"To destroy: {', '.join(names)}")
            for remain in made_by_workflows:
                console.print(f"  and what workflows made: {remain.kind} {escape(remain.name)}")
            return not sys.stdin.isatty() or typer.confirm("Destroy?")

        lines = taking_down.destroy(
            clients(_session()),
            names,
            lambda: subprocess.run(command, check=False).returncode == 0,  # noqa: S603 -- our own command
            keep_data=environment.common.keep_data,
            confirm=confirm,
        )
        for line in lines:
            console.print(escape(line))


@app.command()
def bootstrap() -> None:
    """Prepare the account and Region of the profile for the CDK."""
    with _errors_as_messages():
        session = _session()
        if session.region_name is None:
            raise SettingsError("there is no Region: export AWS_REGION=us-east-1, for example.")
        account = session.client("sts").get_caller_identity()["Account"]
    command = ["cdk", "bootstrap", f"aws://{account}/{session.region_name}", "--app", ""]
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 -- our own command


@contextmanager
def _errors_as_messages(*kinds: type[Exception]) -> Iterator[None]:
    """Turn what a user can act on into a message and exit code 1."""
    messages: tuple[type[Exception], ...] = (SettingsError, ClientError, BotoCoreError, *kinds)
    try:
        yield
    except messages as error:
        sys.exit(f"Error: {error}")


def _session() -> boto3.Session:
    # The CDK CLI reads AWS_REGION, boto3 only AWS_DEFAULT_REGION and the profile.
    return boto3.Session(region_name=os.environ.get("AWS_REGION"))


def _shown(finding: Finding) -> Finding:
    mark = "[green]✓[/]" if finding.right else "[red]✗[/]"
    console.print(f"{mark} {escape(finding.subject)}: {escape(finding.detail)}")
    if finding.advice:
        console.print(f"    {escape(finding.advice)}")
    return finding


if __name__ == "__main__":
    app()
