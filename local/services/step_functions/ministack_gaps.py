"""Every workflow task passes the door; those that ministack lacks go on to the task server.

Also, its Distributed Map evaluates JSONPath alone: in JSONata it runs as an inline Map here. That
children of a Distributed Map see no variables of the workflow is left to `tests/step_functions`.
A nested execution that fails raises its own error in ministack; AWS raises States.TaskFailed, with
the description of the execution as the cause.

A Wait until a time of the clock waits for that time, and a Wait of seconds takes a fiftieth of them
(`local/runtime/emulator.py`). Of a timestamp, AWS considers no more than its seconds
(docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-wait-state.html, 2026-11-29).

A result of more than 256 KiB in UTF-8 ends the execution with States.DataLimitExceeded. Neither
that nor States.Runtime is caught or retried by States.ALL or States.TaskFailed (Step Functions
guide, "Handling errors in Step Functions workflows" and "Service quotas").
"""

import json
import os
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from ministack.services import stepfunctions

from local.runtime.wrapping import wrap
from local.services import task_client
from local.services.contract import door
from local.services.iam import task_authorisation
from local.services.task import TaskError

LENIENT = [
    (
        "A Distributed Map runs inline: children share variables, history and the 256 KiB.",
        "ministack evaluates a Distributed Map in JSONPath alone.",
    ),
]

_Original = Callable[..., Any]
_SERVED = (
    r"sagemaker|applicationautoscaling|athena:(startQueryExecution|getQueryResults)"
    r"|s3:(get|put|head)Object$|cloudwatch:putMetricData|translate|comprehend|transcribe|polly"
)
# LOCAL_TASKS: tests of the workflows' errors answer every task themselves, and check its request.
_SCRIPTED = "LOCAL_TASKS" in os.environ
_TASK = re.compile(rf"^arn:aws:states:::(aws-sdk:)?({os.environ.get('LOCAL_TASKS', _SERVED)})")
_MOST_RESULT_BYTES = 256 * 1024
_TERMINAL_ERRORS = {"States.DataLimitExceeded", "States.Runtime"}
_running: ContextVar[dict[str, str]] = ContextVar("running")
# The role that tasks run under.
_role: ContextVar[str] = ContextVar("role")


def close() -> None:
    """Pass tasks on, run Distributed Maps in JSONata, and report nested executions as AWS does."""
    wrap(stepfunctions, "_invoke_resource", _invoke_resource)
    wrap(stepfunctions, "_execute_task", _execute_task)
    wrap(stepfunctions, "_invoke_nested_start_execution_sync", _nested_execution)
    wrap(stepfunctions, "_run_execution", _run_execution)
    wrap(stepfunctions, "_run_distributed_map", _run_distributed_map)
    wrap(stepfunctions, "_apply_jsonata_output", _output_of_small_result)
    wrap(stepfunctions, "_error_matches", _error_matches)
    wrap(stepfunctions, "_sleep_until", _sleep_until)


def _invoke_resource(original: _Original, resource: str, arguments: dict[str, Any]) -> Any:
    if not _SCRIPTED:  # a script's models and endpoints exist nowhere
        _admit(resource, arguments)
        if denied := task_authorisation.denial(_role.get(), resource, arguments):
            raise stepfunctions._ExecutionError(*denied)
    if not _TASK.match(resource):
        return original(resource, arguments)
    try:
        return task_client.send(resource, arguments, _role.get(), _running.get())
    except TaskError as error:
        raise stepfunctions._ExecutionError(error.error, error.cause) from error


def _run_execution(original: _Original, execution_arn: str) -> None:
    execution = stepfunctions._executions[execution_arn]
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    if denied := task_authorisation.workflow_denial(machine):
        stepfunctions._fail_execution(execution, *denied)
    else:
        original(execution_arn)


def _admit(resource: str, arguments: dict[str, Any]) -> None:
    """Refuse what AWS refuses, whoever answers the task."""
    try:
        door.check(resource, arguments)
    except TaskError as error:
        raise stepfunctions._ExecutionError(error.error, error.cause) from error


def _execute_task(
    original: _Original,
    state: dict[str, Any],
    state_input: Any,
    execution: dict[str, Any],
    context: dict[str, Any],
) -> Any:
    _running.set({"state": context["State"]["Name"], "execution": execution["name"]})
    _role.set(stepfunctions._state_machines[execution["stateMachineArn"]]["roleArn"])
    return original(state, state_input, execution, context)


def _output_of_small_result(original: _Original, *arguments: Any, **options: Any) -> Any:
    """The output of a state, whose task, Map or Parallel has a result within the limit."""
    result = options.get("result")
    if len(json.dumps(result, ensure_ascii=False).encode()) > _MOST_RESULT_BYTES:
        state, cause = arguments[2]["State"]["Name"], "returned a result of more than 262144 bytes"
        error = "States.DataLimitExceeded"
        raise stepfunctions._ExecutionError(error, f"The state/task '{state}' {cause}.")
    return original(*arguments, **options)


def _sleep_until(_original: _Original, timestamp: str) -> None:
    time.sleep(max(0.0, seconds_until(timestamp, datetime.now(UTC))))


def seconds_until(timestamp: str, now: datetime) -> float:
    """How long a Wait state waits for a timestamp, whose fraction of a second is cut off."""
    return (datetime.fromisoformat(timestamp).replace(microsecond=0) - now).total_seconds()


def _error_matches(original: _Original, error_equals: list[str], error: str) -> bool:
    return error in error_equals if error in _TERMINAL_ERRORS else original(error_equals, error)


def _nested_execution(
    _original: _Original, _resource: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """`states:startExecution.sync:2`."""
    request = stepfunctions._nested_start_execution_request(arguments)
    status, _, body = stepfunctions._start_sync_execution(request)
    answer = json.loads(body)
    if status >= 400:
        raise stepfunctions._ExecutionError(f"StepFunctions.{answer['__type']}", answer["message"])
    execution = {name[0].upper() + name[1:]: value for name, value in answer.items()}
    if execution["Status"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(execution))
    return {**execution, "Output": json.loads(execution["Output"])}


def _run_distributed_map(
    _original: _Original,
    state: dict[str, Any],
    state_input: Any,
    _effective_input: Any,
    processor: dict[str, Any],
    execution: dict[str, Any],
    context: dict[str, Any],
) -> Any:
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    if denied := task_authorisation.map_denial(machine):
        raise stepfunctions._ExecutionError(*denied)
    inline = {**processor, "ProcessorConfig": {"Mode": "INLINE"}}
    return stepfunctions._run_map_items(
        {**state, "ItemProcessor": inline}, state_input, execution, context
    )
