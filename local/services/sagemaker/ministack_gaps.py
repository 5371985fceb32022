"""ministack has no SageMaker: InvokeEndpoint, MLflow apps and pipelines are authorised here.

`local/services/task_server.py` answers for endpoints, MLflow apps, training jobs and model
packages, `pipelines.py` for pipelines. SageMaker's other APIs are answered as tasks of workflows
only (`local/services/step_functions/ministack_gaps.py`).

A client finds an MLflow app at `mlflow.sagemaker.<Region>.app.aws`, signs for `sagemaker`, and
names the app in a header (sagemaker-mlflow 0.5.0 of PyPI, read 2026-11-29). Here that package is
told another address by SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT (`local/runtime/emulator.py`).
"""

import asyncio
import json
import os
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests
from ministack import app
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from local.runtime.wrapping import wrap
from local.services import task_client
from local.services.iam import pipeline_permissions
from local.services.iam.permission import Permission, arn
from local.services.sagemaker import pipelines
from local.services.sagemaker.pipeline_run import PipelineError
from local.services.task import TaskError

_INVOCATION = re.compile(r"^/endpoints/([^/]+)/invocations$")
_TARGET, _JSON = "SageMaker.", "application/x-amz-json-1.1"
_CONNECTION_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "expect"}
_TIMEOUT_SECONDS = 65  # SageMaker's own 60, and some
_MLFLOW_APP = "x-sm-mlflow-app-arn"
# What a client may ask besides pipelines, and the field that names what it asks about.
_DESCRIPTIONS = {
    "DescribeTrainingJob": ("TrainingJobName", "training-job/"),
    "DescribeModelPackage": ("ModelPackageName", ""),
}
# ARN of an MLflow app -> S3 URI of its artefacts.
_artifact_roots: dict[str, str] = {}


def close() -> None:
    """Answer InvokeEndpoint and MLflow, make pipelines, and answer for their executions."""
    wrap(app, "detect_service", _detect_service)
    app.SERVICE_HANDLERS["sagemaker-runtime"] = _invoke_endpoint
    app.SERVICE_HANDLERS["sagemaker"] = _request
    app.SERVICE_HANDLERS["sagemaker-mlflow"] = _call_mlflow_app
    _RESOURCE_HANDLERS["AWS::SageMaker::MlflowApp"] = {
        "create": _create_mlflow_app,
        "delete": _delete_mlflow_app,
    }
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
    if _MLFLOW_APP in headers:
        return "sagemaker-mlflow"
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


async def _call_mlflow_app(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    app_arn = headers[_MLFLOW_APP]
    permission = Permission("sagemaker:CallMlflowAppApi", app_arn)
    if denied := _denial(
        permission, extract_access_key_id(headers, query), extract_region(headers, query)
    ):
        return 403, *denied
    if app_arn not in _artifact_roots:
        return 404, *_error("ResourceNotFound", f"{app_arn} does not exist")
    response = await asyncio.to_thread(
        requests.post,
        f"http://127.0.0.1:{os.environ['LOCAL_TASKS_PORT']}/mlflow",
        json={
            "method": method,
            "path": f"{path}?{urlencode(query, doseq=True)}",
            "body": body.decode(),
            "artifact_root": _artifact_roots[app_arn],
        },
        timeout=_TIMEOUT_SECONDS,
    )
    return response.status_code, _without_connection(response.headers), response.content


def _create_mlflow_app(
    _logical_id: str, properties: dict[str, Any], _stack: str
) -> tuple[str, dict[str, Any]]:
    """AWS::SageMaker::MlflowApp: its ARN is the `Ref`."""
    app_arn = arn("sagemaker", f"mlflow-app/app-{uuid.uuid4().hex[:12].upper()}")
    _artifact_roots[app_arn] = properties["ArtifactStoreUri"]
    return app_arn, {"Arn": app_arn}


def _delete_mlflow_app(reference: str, _properties: dict[str, Any]) -> None:
    _artifact_roots.pop(reference, None)


async def _request(
    method: str,  # noqa: ARG001 -- as ministack calls every service
    path: str,  # noqa: ARG001
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> Any:
    operation = headers["x-amz-target"].removeprefix(_TARGET)
    request = json.loads(body)
    if operation in pipelines.OPERATIONS:
        permission = pipeline_permissions.of_request(operation, request)
    elif operation in _DESCRIPTIONS:
        name, kind = _DESCRIPTIONS[operation]
        resource = request[name]
        permission = Permission(
            f"sagemaker:{operation}", arn("sagemaker", f"{kind}{resource}") if kind else resource
        )
    else:
        return 400, *_error("UnknownOperationException", f"{operation} has no stand-in")
    caller = extract_access_key_id(headers, query)
    if denied := _denial(permission, caller, extract_region(headers, query)):
        return 400, *denied
    try:
        if operation in pipelines.OPERATIONS:
            response = pipelines.answer(operation, request)
        else:
            response = await asyncio.to_thread(_description, operation, request)
    except (PipelineError, TaskError) as error:
        return 400, *_error("ValidationException", str(error))
    return 200, {"content-type": _JSON}, json.dumps(response).encode()


def _description(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the task server knows of a job or a package. Raises TaskError."""
    task = f"arn:aws:states:::aws-sdk:sagemaker:{operation[0].lower()}{operation[1:]}"
    description: dict[str, Any] = task_client.send(task, request, "", {})
    return description


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
