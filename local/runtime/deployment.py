"""Deploy into the local AWS with the real CDK CLI, as a person would into an account."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local.runtime.assembly import Assembly
from local.runtime.cdk_cli import CdkCli
from local.runtime.emulator import Emulator
from local.runtime.kept import Kept, kept_resources, provisioned_types
from local.runtime.workspace import Workspace
from repository import BUILD

_ZIPPED_ASSETS = BUILD / "zipped_assets"
Outputs = dict[str, dict[str, str]]
"""Stack name -> output key -> value."""


class Endpoint(Protocol):
    """A server on this machine that answers as AWS does."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that point the CDK CLI at it."""
        ...

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        ...


@dataclass(frozen=True)
class Synthesised:
    """An assembly, and which of its resources the local AWS keeps and nothing runs."""

    assembly: Assembly
    kept: list[Kept]


def synthesise(
    workspace: Workspace,
    architectures: Iterable[str] = (),
    settings: Mapping[str, str] | None = None,
) -> Synthesised:
    """Synthesise `architectures`, or all, and what they need, for the local AWS.

    Raises LocalError, with the app's own message for an unknown architecture or setting.
    """
    context = {"env": "local", **(settings or {})}
    if chosen := ",".join(architectures):
        context["arch"] = chosen
    # With --no-staging, the CLI would zip what the CDK deletes when the app ends: the functions of
    # its own custom resources.
    options = ["--quiet", "--output", str(workspace.assembly)]
    for key, value in context.items():
        options += ["-c", f"{key}={value}"]
    CdkCli(workspace).run("synth", *options)
    _share_zipped_assets(workspace)
    assembly = Assembly(workspace.assembly)
    return Synthesised(assembly, kept_resources(assembly, provisioned_types()))


def _share_zipped_assets(workspace: Workspace) -> None:
    """Keep what the CLI zips for all workspaces: the largest function takes it seven seconds.

    The CLI names each file by the hash of the asset, and looks for it before it zips.
    """
    cache = workspace.assembly / ".cache"
    if not cache.exists():
        _ZIPPED_ASSETS.mkdir(parents=True, exist_ok=True)
        cache.symlink_to(_ZIPPED_ASSETS, target_is_directory=True)


def bootstrap(workspace: Workspace, endpoint: Endpoint) -> None:
    """Prepare the account of `endpoint` for the CDK, as `cdk bootstrap` does any account."""
    account = endpoint.client("sts").get_caller_identity()["Account"]
    region = endpoint.variables["AWS_REGION"]
    CdkCli(workspace, endpoint.variables).run("bootstrap", f"aws://{account}/{region}", "--app", "")


def deploy(
    workspace: Workspace,
    endpoint: Endpoint,
    assembly: Assembly,
    on_progress: Callable[[str], None] | None = None,
) -> Outputs:
    """Deploy every stack of `assembly`; returns their outputs, also kept in the workspace."""
    CdkCli(workspace, endpoint.variables).run(
        *("deploy", "--all", "--app", str(assembly.folder), "--require-approval", "never"),
        "--method",
        "direct",
        *("--outputs-file", str(workspace.outputs), "--concurrency", "4", "--progress", "events"),
        on_progress=on_progress,
    )
    outputs: Outputs = json.loads(workspace.outputs.read_text())
    # The CLI writes them in the order in which the stacks were ready.
    return {stack.name: outputs[stack.name] for stack in assembly.stacks if stack.name in outputs}


def destroy(workspace: Workspace, endpoint: Endpoint, assembly: Assembly) -> None:
    """Destroy the stacks of `assembly`; their own functions empty their buckets."""
    CdkCli(workspace, endpoint.variables).run(
        "destroy", "--all", "--app", str(assembly.folder), "--force"
    )


def write_environment(workspace: Workspace, emulator: Emulator) -> None:
    """Write export lines: `source .local/env` points a shell at the local AWS."""
    lines = (f"export {name}={value}\n" for name, value in emulator.variables.items())
    workspace.environment.write_text("".join(lines))
