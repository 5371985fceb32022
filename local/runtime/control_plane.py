"""SageMaker's control plane: moto's server, which returns what a stack asks it to create.

ministack has none. moto creates what CloudFormation asks for; it runs nothing and checks no
permissions, so it serves this alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from local.runtime import deployment
from local.runtime.assembly import Assembly
from local.runtime.deployment import Outputs
from local.runtime.emulator import PYTHON, REGION
from local.runtime.processes import free_port, launch, wait_until_it_answers
from local.runtime.trimming import trim_assembly
from local.runtime.workspace import Workspace
from repository import ROOT

ACCOUNT = "123456789012"
_KEY = "testing"  # moto requires an access key, and checks none


class ControlPlaneTypes:
    """The resource types that are deployed into moto: SageMaker's, and those they refer to."""

    _PREFIXES = (
        "AWS::SageMaker::",
        "AWS::EC2::",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
    )
    _NAMES = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")
    # moto knows none; the local AWS makes it.
    _LACKING = ("AWS::SageMaker::MlflowApp",)

    def __contains__(self, resource_type: object) -> bool:
        if resource_type in self._LACKING:
            return False
        return str(resource_type).startswith(self._PREFIXES) or resource_type in self._NAMES


@dataclass
class ControlPlane:
    """A running moto server."""

    port: int

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that point an SDK or the CDK CLI at it."""
        return {
            # Not 127.0.0.1: moto parses the URL of a template on any host but localhost wrongly.
            "AWS_ENDPOINT_URL": f"http://localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        session = boto3.Session(
            aws_access_key_id=_KEY, aws_secret_access_key=_KEY, region_name=REGION
        )
        return session.client(
            service,  # type: ignore[call-overload]  # the overloads want a literal
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
        )


def start(workspace: Workspace, *, unchanged: bool = False) -> ControlPlane:
    """Start moto's server beside the local AWS, and wait until it answers.

    `unchanged` starts it with its gaps, for tests.
    """
    state = workspace.running_state()
    control_plane = ControlPlane(free_port())
    command = [str(PYTHON), str(ROOT / "local" / "runtime" / "moto_server.py")]
    command += ["-H", "127.0.0.1", "-p", str(control_plane.port)]
    variables = {"LOCAL_UNCHANGED": "1" if unchanged else "0", "PYTHONPATH": ""}
    process = launch(workspace, state, "control-plane", command, variables)
    url = f"http://127.0.0.1:{control_plane.port}/moto-api/data.json"
    wait_until_it_answers(url, process, workspace.logs / "control-plane.log")
    return control_plane


def synthesise(
    workspace: Workspace, architectures: Iterable[str], settings: Mapping[str, str]
) -> Assembly:
    """Synthesise `architectures` with the resources that moto creates, beside `workspace`'s own."""
    assembly = deployment.synthesise(_own(workspace), architectures, settings).assembly
    trim_assembly(assembly, ControlPlaneTypes())
    return assembly


def deploy(control_plane: ControlPlane, workspace: Workspace, assembly: Assembly) -> Outputs:
    """Deploy `assembly` with the CDK CLI; returns its outputs."""
    deployment.bootstrap(_own(workspace), control_plane)
    return deployment.deploy(_own(workspace), control_plane, assembly)


def _own(workspace: Workspace) -> Workspace:
    return Workspace(workspace.folder / "control-plane")
