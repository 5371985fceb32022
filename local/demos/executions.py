"""Executions of state machines, waited for."""

import json
import time
from typing import Any

_POLL_SECONDS = 0.1


def execute(
    step_functions: Any,
    machine_arn: str,
    execution_input: dict[str, Any],
    name: str = "",
    poll_seconds: float = _POLL_SECONDS,
) -> dict[str, Any]:
    """Start an execution and wait: what DescribeExecution returns once it has ended."""
    options = {"name": name} if name else {}
    execution = step_functions.start_execution(
        stateMachineArn=machine_arn, input=json.dumps(execution_input), **options
    )
    return wait_for(step_functions, execution["executionArn"], poll_seconds)


def wait_for(
    step_functions: Any, execution_arn: str, poll_seconds: float = _POLL_SECONDS
) -> dict[str, Any]:
    """What DescribeExecution returns once the execution has ended."""
    while True:
        execution: dict[str, Any] = step_functions.describe_execution(executionArn=execution_arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(poll_seconds)
