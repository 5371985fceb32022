"""The adapter: API Gateway's event in, SageMaker's runtime behind, no body in any log."""

import json
import re
import uuid
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from .prediction import Answer, EndpointError, RefusedError, answered, checked
from .settings import Settings

SETTINGS = Settings.from_environment()
logger = Logger(service="predict_delay")
# Twice ten seconds and a pause, so that this function answers before its own 24 seconds are over,
# and API Gateway's 29.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 8, 2
_runtime = boto3.client(
    "sagemaker-runtime",
    config=Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    ),
)
_ID = re.compile(r"^[\w.:-]{1,64}$")
_VARIANT = re.compile(r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one request of the API."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    caller_id = headers.get("x-correlation-id") or ""
    correlation_id = caller_id if _ID.match(caller_id) else str(uuid.uuid4())
    variant = headers.get("x-target-variant")
    try:
        _check_variant(variant)
        body = checked(event.get("body"), headers.get("content-type"))
        answer = answered(lambda: _invoke(body, variant, correlation_id), correlation_id)
    except RefusedError as refusal:
        answer = refusal.answer
        answer.headers["x-correlation-id"] = correlation_id
    logger.info("answered", extra={"status": answer.status, "correlation_id": correlation_id})
    return _response(answer)


def _check_variant(variant: str | None) -> None:
    if variant is not None and not _VARIANT.match(variant):
        raise RefusedError(400, "x-target-variant must be the name of a variant.")


def _invoke(body: bytes, variant: str | None, correlation_id: str) -> tuple[bytes, str]:
    options = {"TargetVariant": variant} if variant else {}
    try:
        response = _runtime.invoke_endpoint(
            EndpointName=SETTINGS.endpoint_name,
            ContentType="application/json",
            Accept="application/json",
            InferenceId=correlation_id,
            Body=body,
            **options,
        )
        return response["Body"].read(), response["InvokedProductionVariant"]
    except ClientError as error:
        details: dict[str, Any] = {**error.response}
        message = str(details.get("OriginalMessage", details["Error"]["Message"]))
        # A container that fails answers with a page of HTML: its first line is enough.
        message = message.partition("\n")[0]
        status = int(details.get("OriginalStatusCode", 0))
        raise EndpointError(details["Error"]["Code"], message, status) from None
    except (ConnectionError, HTTPClientError) as error:
        code = "Timeout" if "Timeout" in type(error).__name__ else "ServiceUnavailable"
        raise EndpointError(code, str(error)) from None


def _response(answer: Answer) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": {"content-type": "application/json", **answer.headers},
        "body": json.dumps(answer.body),
    }
