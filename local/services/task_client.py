"""Passes one call of AWS on to the task server, after the door and IAM have let it pass."""

import os
from typing import Any

import requests
from ministack.services import eventbridge

from local.services.task import Arguments, TaskError

_TIMEOUT_SECONDS = 3600


def send(resource: str, arguments: Arguments, role_arn: str, caller: dict[str, str]) -> Any:
    """The result of a task. Raises TaskError.

    `caller` names the execution and its state, for scripts that answer in the place of the server.
    """
    url = f"http://127.0.0.1:{os.environ['LOCAL_TASKS_PORT']}/tasks"
    task = {**caller, "role": role_arn, "resource": resource, "arguments": arguments}
    response = requests.post(url, json=task, timeout=_TIMEOUT_SECONDS).json()
    if "error" in response:
        raise TaskError(response["error"], response["cause"])
    # Users cannot put events whose source is AWS on a bus.
    if response["events"]:
        eventbridge._put_events({"Entries": response["events"]}, allow_aws_source=True)
    return response["result"]
