"""ministack has no SageMaker: InvokeEndpoint is authorised here, and answered by the task server.

`local/services/task_server.py` answers for the endpoints. SageMaker's other APIs are answered as
tasks of workflows only (`local/services/step_functions/ministack_gaps.py`).
"""

import asyncio
import json
import os
import re
from collections.abc import Callable
from typing import Any

import requests
from ministack import app
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id, extract_region

from local.runtime.wrapping import wrap

_INVOCATION = re.compile(r"^/endpoints/([^/]+)/invocations$")
_CONNECTION_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "expect"}
_TIMEOUT_SECONDS = 65  # SageMaker's own 60, and some


def close() -> None:
    """Answer InvokeEndpoint."""
    wrap(app, "detect_service", _detect_service)
    app.SERVICE_HANDLERS["sagemaker-runtime"] = _invoke_endpoint


def _detect_service(
    original: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, Any],
) -> str:
    if _INVOCATION.match(path) and "/sagemaker/" in headers.get("authorization", ""):
        return "sagemaker-runtime"
    return str(original(method, path, headers, query))


async def _invoke_endpoint(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    action, region = "sagemaker:InvokeEndpoint", extract_region(headers, query)
    endpoint_name = path.split("/")[2]
    arn = f"arn:aws:sagemaker:{region}:{get_account_id()}:endpoint/{endpoint_name}"
    caller = extract_access_key_id(headers, query)
    denied = enforce(caller, action, "sagemaker", region, resource_arn=arn)
    if denied is not None and not isinstance(denied, AuthError):
        message = f"not authorized to perform: {action} on resource: {arn}"
        error = {"Message": message, "__type": "AccessDeniedException"}
        return 403, {"x-amzn-errortype": "AccessDeniedException"}, json.dumps(error).encode()
    response = await asyncio.to_thread(
        requests.request,
        method,
        f"http://127.0.0.1:{os.environ['LOCAL_TASKS_PORT']}{path}",
        headers=_without_connection(headers),
        data=body,
        timeout=_TIMEOUT_SECONDS,
    )
    return response.status_code, _without_connection(response.headers), response.content


def _without_connection(headers: Any) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lower.items() if name not in _CONNECTION_HEADERS}
