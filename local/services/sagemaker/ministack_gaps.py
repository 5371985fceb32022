"""ministack has no SageMaker: InvokeEndpoint and pipelines are authorised here.

`local/services/task_server.py` answers for the endpoints, `pipelines.py` for pipelines. SageMaker's
other APIs are answered as tasks of workflows only (`local/services/step_functions/
ministack_gaps.py`).
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
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from local.runtime.wrapping import wrap
from local.services.iam import pipeline_permissions
from local.services.iam.permission import Permission
from local.services.sagemaker import pipelines
from local.services.sagemaker.pipeline_run import PipelineError

_INVOCATION = re.compile(r"^/endpoints/([^/]+)/invocations$")
_TARGET, _JSON = "SageMaker.", "application/x-amz-json-1.1"
_CONNECTION_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "expect"}
_TIMEOUT_SECONDS = 65  # SageMaker's own 60, and some


def close() -> None:
    """Answer InvokeEndpoint, make pipelines, and answer for their executions."""
    wrap(app, "detect_service", _detect_service)
    app.SERVICE_HANDLERS["sagemaker-runtime"] = _invoke_endpoint
    app.SERVICE_HANDLERS["sagemaker"] = _pipeline_request
    _RESOURCE_HANDLERS["AWS::SageMaker::Pipeline"] = {
        "create": pipelines.create,
        "delete": pipelines.delete,
    }


def _detect_service(
    original: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, Any],
) -> str:
    if _INVOCATION.match(path) and "/sagemaker/" in headers.get("authorization", ""):
        return "sagemaker-runtime"
    if headers.get("x-amz-target", "").startswith(_TARGET):
        return "sagemaker"
    return str(original(method, path, headers, query))


async def _invoke_endpoint(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    region = extract_region(headers, query)
    endpoint_name = path.split("/")[2]
    arn = f"arn:aws:sagemaker:{region}:{get_account_id()}:endpoint/{endpoint_name}"
    permission = Permission("sagemaker:InvokeEndpoint", arn)
    if denied := _denial(permission, extract_access_key_id(headers, query), region):
        return 403, *denied
    response = await asyncio.to_thread(
        requests.request,
        method,
        f"http://127.0.0.1:{os.environ['LOCAL_TASKS_PORT']}{path}",
        headers=_without_connection(headers),
        data=body,
        timeout=_TIMEOUT_SECONDS,
    )
    return response.status_code, _without_connection(response.headers), response.content


async def _pipeline_request(
    method: str,  # noqa: ARG001 -- as ministack calls every service
    path: str,  # noqa: ARG001
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> Any:
    operation = headers["x-amz-target"].removeprefix(_TARGET)
    if operation not in pipelines.OPERATIONS:
        return 400, *_error("UnknownOperationException", f"{operation} has no stand-in")
    request = json.loads(body)
    permission = pipeline_permissions.of_request(operation, request)
    caller = extract_access_key_id(headers, query)
    if denied := _denial(permission, caller, extract_region(headers, query)):
        return 400, *denied
    try:
        response = pipelines.answer(operation, request)
    except PipelineError as error:
        return 400, *_error("ValidationException", str(error))
    return 200, {"content-type": _JSON}, json.dumps(response).encode()


def _denial(
    permission: Permission, access_key: str, region: str
) -> tuple[dict[str, str], bytes] | None:
    """Headers and body of the refusal, if IAM denies the caller."""
    denied = enforce(
        access_key, permission.action, "sagemaker", region, resource_arn=permission.resource
    )
    if denied is None or isinstance(denied, AuthError):
        return None
    message = f"not authorized to perform: {permission.action} on resource: {permission.resource}"
    return _error("AccessDeniedException", message)


def _error(code: str, message: str) -> tuple[dict[str, str], bytes]:
    document = {"Message": message, "__type": code}
    headers = {"x-amzn-errortype": code, "content-type": _JSON}
    return headers, json.dumps(document).encode()


def _without_connection(headers: Any) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lower.items() if name not in _CONNECTION_HEADERS}
