"""ministack has no Comprehend: functions that call it are authorised here, and answered as tasks.

The task server answers (`local/services/task_server.py`), behind the same door, rules and quotas as
the tasks of workflows.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.router import extract_access_key_id, extract_region

from local.runtime.wrapping import wrap
from local.services import task_client
from local.services.task import TaskError

_TARGET = "Comprehend_20171127."
_SERVICE = "comprehend"
# How the cause of a task ends: the code that the service itself gave.
_CODE = re.compile(r"^(.*) \(Service: .*, Error Code: (\w+)\)$", re.DOTALL)


def close() -> None:
    """Answer what a function asks of Comprehend."""
    wrap(app, "detect_service", _detect_service)
    app.SERVICE_HANDLERS[_SERVICE] = _handle


def _detect_service(
    original: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, Any],
) -> str:
    if headers.get("x-amz-target", "").startswith(_TARGET):
        return _SERVICE
    return str(original(method, path, headers, query))


async def _handle(
    method: str,  # noqa: ARG001 -- every request is a POST
    path: str,  # noqa: ARG001
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> tuple[int, dict[str, str], bytes]:
    operation = headers["x-amz-target"].removeprefix(_TARGET)
    action, region = f"{_SERVICE}:{operation}", extract_region(headers, query)
    denied = enforce(extract_access_key_id(headers, query), action, _SERVICE, region)
    if isinstance(denied, AuthError):
        return _failed(denied.code, denied.message)
    if denied is not None:
        message = f"User: {denied.principal_arn} is not authorized to perform: {action}"
        return _failed("AccessDeniedException", message)
    resource = f"arn:aws:states:::aws-sdk:{_SERVICE}:{operation[0].lower()}{operation[1:]}"
    try:
        answer = await asyncio.to_thread(task_client.send, resource, json.loads(body), "", {})
    except TaskError as error:
        message, code = service_error(error)
        return _failed(code, message)
    return 200, _headers(), json.dumps(answer).encode()


def service_error(error: TaskError) -> tuple[str, str]:
    """The message and the code of the service, of an error as a workflow gets it."""
    worded = _CODE.match(error.cause)
    return (worded[1], worded[2]) if worded else (error.cause, error.error.rpartition(".")[2])


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1"}


def _failed(code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"__type": code, "Message": message}).encode()
    return 400, {**_headers(), "x-amzn-errortype": code}, body
