"""SageMaker's control plane: moto's server, where what a stack asks for can be read back.

ministack has none. moto creates what CloudFormation asks for and says so; it runs nothing and asks
for no rights, so it is used for this alone.
"""

from dataclasses import dataclass
from typing import Any

import boto3

from local.runtime import emulator
from local.runtime.deployment import CdkCli, bootstrap, deploy, synthesise
from local.runtime.trimming import SageMakerAndItsGround, Trimmed
from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

ACCOUNT = "123456789012"
_ANY = "testing"  # moto asks for a key, and checks none
_STACKS = ["MlNetwork", "MlTraining", "MlEndpoint", "MlNotebook"]


@dataclass
class ControlPlane:
    """A running moto server."""

    port: int

    @property
    def variables(self) -> dict[str, str]:
        """What an SDK or the CDK CLI needs in its environment to talk to it."""
        return {
            # By this name: moto takes a template's address apart in another way for any other.
            "AWS_ENDPOINT_URL": f"http://localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": _ANY,
            "AWS_REGION": emulator.REGION,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        session = boto3.Session(
            aws_access_key_id="testing",
            aws_secret_access_key=_ANY,
            region_name=emulator.REGION,
        )
        return session.client(
            service,  # type: ignore[call-overload]  # the overloads want a literal
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
        )


def start(workspace: Workspace, *, mended: bool = True) -> ControlPlane:
    """Start moto's server beside the embedded AWS, and wait until it answers."""
    state = workspace.state()
    if state is None:
        raise LocalError("no embedded AWS is running here: start one first")
    plane = ControlPlane(emulator.free_port())
    command = [str(emulator.PYTHON), str(ROOT / "local" / "runtime" / "moto_server.py")]
    command += ["-H", "127.0.0.1", "-p", str(plane.port)]
    unmended = {"MOTO_UNMENDED": "0" if mended else "1", "PYTHONPATH": ""}
    process = emulator.launch(workspace, state, "control-plane", command, unmended)
    url = f"http://127.0.0.1:{plane.port}/moto-api/data.json"
    emulator.wait_until_it_answers(url, process, workspace.logs / "control-plane.log")
    return plane


def deploy_platform(
    plane: ControlPlane, workspace: Workspace, settings: dict[str, str]
) -> tuple[dict[str, dict[str, str]], list[Trimmed]]:
    """Deploy the platform with the CDK CLI; returns its outputs, and what was left out."""
    apart = Workspace(workspace.folder / "control-plane")
    apart.logs.mkdir(parents=True, exist_ok=True)
    cli = CdkCli(plane, apart)
    trimmed = synthesise(cli, apart, settings, supported=SageMakerAndItsGround())
    bootstrap(cli, plane)
    return deploy(cli, apart, _STACKS), trimmed
