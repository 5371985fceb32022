"""A service of the AWS JSON protocol that ministack lacks: found by its target, and authorised."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.router import extract_access_key_id, extract_region

from local.runtime.wrapping import wrap

Answer = Callable[[str, dict[str, Any], str], Awaitable[Any]]
"""What a service answers to an operation and its request, in a Region. Raises ServiceError."""
_Response = tuple[int, dict[str, str], bytes]


class ServiceError(Exception):
    """An error of a service: its code, and as text its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def add(service: str, target: str, answer: Answer) -> None:
    """Let `answer` answer a service whose requests have a `target` and its operation in a header.

    `service` is its name in IAM. Permissions are asked for all resources.
    """

    def detect(
        original: Callable[..., Any],
        method: str,
        path: str,
        headers: dict[str, str],
        query: dict[str, Any],
    ) -> str:
        if headers.get("x-amz-target", "").startswith(target):
            return service
        return str(original(method, path, headers, query))

    async def handle(
        method: str,  # noqa: ARG001 -- every request is a POST
        path: str,  # noqa: ARG001
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
    ) -> _Response:
        operation = headers["x-amz-target"].removeprefix(target)
        action, region = f"{service}:{operation}", extract_region(headers, query)
        denied = enforce(extract_access_key_id(headers, query), action, service, region)
        if isinstance(denied, AuthError):
            return _refusal(denied.code, denied.message)
        if denied is not None:
            message = f"User: {denied.principal_arn} is not authorized to perform: {action}"
            return _refusal("AccessDeniedException", message)
        try:
            document = await answer(operation, json.loads(body), region)
        except ServiceError as error:
            return _refusal(error.code, str(error))
        return 200, _headers(), json.dumps(document).encode()

    wrap(app, "detect_service", detect)
    app.SERVICE_HANDLERS[service] = handle


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1"}


def _refusal(code: str, message: str) -> _Response:
    body = json.dumps({"__type": code, "Message": message}).encode()
    return 400, {**_headers(), "x-amzn-errortype": code}, body
