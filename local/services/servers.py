"""The processes beside the emulator: each stands in for a service that ministack lacks."""

import sys
from collections.abc import Container

from local.runtime.emulator import Emulator
from local.runtime.processes import launch, wait_until_it_answers
from local.runtime.workspace import Workspace
from repository import ROOT

_IMPORTS = {"PYTHONPATH": str(ROOT)}


def serve(workspace: Workspace, emulator: Emulator, resource_types: Container[str]) -> None:
    """Start the processes that a deployment of `resource_types` needs."""
    if "AWS::KinesisFirehose::DeliveryStream" in resource_types:
        serve_firehose(workspace, emulator)
    if "AWS::StepFunctions::StateMachine" in resource_types:
        serve_tasks(workspace, emulator)


def serve_firehose(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that delivers, for every delivery stream of the emulator."""
    command = [sys.executable, "-m", "local.services.firehose.delivery"]
    command += [str(emulator.port), str(workspace.folder)]
    launch(workspace, workspace.running_state(), "firehose", command, _IMPORTS)


def serve_tasks(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that answers workflow tasks and InvokeEndpoint, and wait for it."""
    command = [sys.executable, "-m", "local.services.task_server", str(emulator.tasks_port)]
    command += [str(emulator.port), str(workspace.folder)]
    process = launch(workspace, workspace.running_state(), "tasks", command, _IMPORTS)
    url = f"http://127.0.0.1:{emulator.tasks_port}/"
    wait_until_it_answers(url, process, workspace.logs / "tasks.log")
