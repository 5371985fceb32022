"""The processes beside the emulator: each stands in for a service that ministack lacks."""

import sys
from collections.abc import Container

from local.runtime.emulator import Emulator
from local.runtime.processes import launch, wait_until_it_answers
from local.runtime.workspace import Workspace
from repository import ROOT

_OF_THE_TASK_SERVER = ("AWS::StepFunctions::StateMachine", "AWS::Glue::Job")
_IMPORTS = {"PYTHONPATH": str(ROOT)}


def serve(workspace: Workspace, emulator: Emulator, resource_types: Container[str]) -> None:
    """Start the processes that a deployment of `resource_types` needs."""
    if "AWS::KinesisFirehose::DeliveryStream" in resource_types:
        serve_firehose(workspace, emulator)
    if any(kind in resource_types for kind in _OF_THE_TASK_SERVER):
        serve_tasks(workspace, emulator)


def serve_firehose(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that delivers, for every delivery stream of the emulator."""
    command = [sys.executable, "-m", "local.services.firehose.delivery"]
    command += [str(emulator.port), str(workspace.folder)]
    launch(workspace, workspace.running_state(), "firehose", command, _IMPORTS)


def serve_tasks(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that answers tasks, InvokeEndpoint and Glue's job runs; wait for it."""
    command = [sys.executable, "-m", "local.services.task_server", str(emulator.tasks_port)]
    command += [str(emulator.port), str(workspace.folder)]
    process = launch(workspace, workspace.running_state(), "tasks", command, _IMPORTS)
    url = f"http://127.0.0.1:{emulator.tasks_port}/"
    wait_until_it_answers(url, process, workspace.logs / "tasks.log")
