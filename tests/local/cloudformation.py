"""Small stacks of the tests' own."""

import json
import time
from typing import Any

from local.runtime.emulator import Emulator

_SECONDS = 60


def create_stack(emulator: Emulator, name: str, resources: dict[str, Any]) -> str:
    """Create a stack; returns its last status."""
    cloudformation = emulator.client("cloudformation")
    template = {"Resources": resources}
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    return _last_status(emulator, stack_id["StackId"])


def delete_stack(emulator: Emulator, name: str) -> str:
    """Delete a stack; returns its last status."""
    cloudformation = emulator.client("cloudformation")
    stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    return _last_status(emulator, stack_id)


def references(emulator: Emulator, name: str) -> dict[str, str]:
    """Logical id -> what `Ref` gives, of the resources of a stack."""
    resources = emulator.client("cloudformation").describe_stack_resources(StackName=name)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
    }


def _last_status(emulator: Emulator, stack_id: str) -> str:
    cloudformation, deadline = emulator.client("cloudformation"), time.monotonic() + _SECONDS
    while True:
        stack = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return str(stack["StackStatus"])
        assert time.monotonic() < deadline, stack
        time.sleep(0.1)
