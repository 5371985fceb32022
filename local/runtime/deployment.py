"""Deploy into the embedded AWS with the real CDK CLI, as a person would into an account."""

import json
import os
import subprocess
import sys
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from local.runtime.emulator import Emulator
from local.runtime.trimming import Trimmed, supported_types, trim_assembly
from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

_CDK = ROOT / "node_modules" / ".bin" / "cdk"
# The stacks of each architecture, as the README names them.
ARCHITECTURES = {
    "streaming-lake": ["StreamingLake"],
    "ml-platform": ["MlNetwork", "MlTraining", "MlEndpoint", "MlNotebook"],
    "language-chain": ["LanguageChain"],
}


@dataclass
class Deployment:
    """What stands in the embedded AWS: stack name -> output key -> value, and what was left out."""

    outputs: dict[str, dict[str, str]]
    trimmed: list[Trimmed]


# What an architecture's demo is made from: it trains on what the lake has gathered.
_BUILT_ON = {"ml-platform": ["streaming-lake"]}


def with_what_they_need(architectures: list[str]) -> list[str]:
    """`architectures`, each after what it is built on."""
    needed = [need for each in architectures for need in _BUILT_ON.get(each, [])]
    return list(dict.fromkeys([*needed, *architectures]))


def stacks_of(architectures: list[str]) -> list[str]:
    """The stacks of `architectures`. Raises LocalError for a name that is none."""
    for architecture in architectures:
        if architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise LocalError(f"ARCH={architecture}: no such architecture. Use one of: {known}.")
    return [stack for architecture in architectures for stack in ARCHITECTURES[architecture]]


class Endpoint(Protocol):
    """Something that answers as AWS does."""

    @property
    def variables(self) -> dict[str, str]:
        """What the CDK CLI needs in its environment to talk to it."""
        ...

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        ...


class CdkCli:
    """The CDK CLI, pointed at one embedded AWS. Its words go to `logs/cdk.log` of the workspace."""

    def __init__(self, emulator: Endpoint, workspace: Workspace) -> None:
        self._emulator = emulator
        self._log = workspace.logs / "cdk.log"

    def run(self, *arguments: str) -> None:
        """Run one command. Raises LocalError with the end of what it said."""
        settings = {
            **os.environ,
            **self._emulator.variables,
            # `python3 app.py` of cdk.json, and a Node that jsii supports.
            "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
            "JSII_NODE": f"{sys.prefix}/bin/node",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CI": "true",  # the CLI's words on standard output, no colours, no questions
        }
        settings.pop("AWS_PROFILE", None)
        with self._log.open("a+") as log:
            log.write(f"\n$ cdk {' '.join(arguments)}\n")
            log.flush()
            command = [str(_CDK), *arguments]
            done = subprocess.run(  # noqa: S603 -- our own command
                command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            end = "\n".join(self._log.read_text(errors="replace").splitlines()[-25:])
            raise LocalError(f"cdk {arguments[0]} failed. The end of {self._log}:\n{end}")


def synthesise(
    cli: CdkCli,
    workspace: Workspace,
    settings: dict[str, str] | None = None,
    supported: Container[str] | None = None,
) -> list[Trimmed]:
    """Synthesise every architecture for the embedded AWS, and trim what it cannot deploy.

    `supported`: the resource types that it deploys; those of ministack unless others are given.
    """
    chosen = {"env": "local", **(settings or {})}
    context = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
    # Not staged: the functions together have some hundred megabytes, and lie in `.build` already.
    options = ("--quiet", "--no-staging", "--output", str(workspace.assembly))
    cli.run("synth", *options, *context)
    return trim_assembly(workspace.assembly, supported or supported_types())


def bootstrap(cli: CdkCli, emulator: Endpoint) -> None:
    """Prepare the embedded account for the CDK, as `cdk bootstrap` does any account."""
    account = emulator.client("sts").get_caller_identity()["Account"]
    region = emulator.variables["AWS_REGION"]
    cli.run("bootstrap", f"aws://{account}/{region}", "--app", "")


def deploy(cli: CdkCli, workspace: Workspace, stacks: list[str]) -> dict[str, dict[str, str]]:
    """Deploy `stacks` from the assembly; returns their outputs, also kept in the workspace."""
    cli.run(
        *("deploy", *stacks, "--app", str(workspace.assembly), "--require-approval", "never"),
        *("--outputs-file", str(workspace.outputs), "--concurrency", "4", "--progress", "events"),
    )
    outputs: dict[str, dict[str, str]] = json.loads(workspace.outputs.read_text())
    # The CLI writes them in the order in which the stacks were ready, whatever their prefix.
    return {name: outputs[name] for stack in stacks for name in outputs if name.endswith(stack)}


def destroy(cli: CdkCli, emulator: Endpoint, workspace: Workspace, stacks: list[str]) -> None:
    """Destroy `stacks`, contents included (emptying buckets was trimmed from the templates)."""
    cloudformation, s3 = emulator.client("cloudformation"), emulator.client("s3")
    for stack in stacks:
        manifest = json.loads((workspace.assembly / "manifest.json").read_text())
        name = manifest["artifacts"][stack]["properties"].get("stackName", stack)
        for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]:
            if resource["ResourceType"] == "AWS::S3::Bucket":
                empty(s3, resource["PhysicalResourceId"])
    cli.run("destroy", *stacks, "--app", str(workspace.assembly), "--force")


def empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def write_environment(emulator: Emulator, path: Path) -> None:
    """Write export lines, so that `source .local/env` points a shell at the embedded AWS."""
    lines = (f"export {name}={value}\n" for name, value in emulator.variables.items())
    path.write_text("".join(lines))
