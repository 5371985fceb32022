"""Lambda: sizes, environment variables and queues."""

import json
from typing import Any

from local.services.rules.rule import API_READ, LOCALSTACK, READ, Rule, State, api
from local.services.task import Arguments


def _mapping(**changes: Any) -> Arguments:
    queue = "arn:aws:sqs:us-east-1:000000000000:queue"
    return {"EventSourceArn": queue, "FunctionName": "function", **changes}


def _large_batch(request: Arguments, _: State) -> bool:
    sqs = ":sqs:" in request.get("EventSourceArn", "")
    return (
        sqs
        and request.get("BatchSize", 10) > 10
        and not request.get("MaximumBatchingWindowInSeconds")
    )


_RESERVED = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
}  # fmt: skip


def _variables(**variables: str) -> Arguments:
    return {"FunctionName": "function", "Environment": {"Variables": variables}}


def _environment(request: Arguments) -> dict[str, str]:
    variables: dict[str, str] = request.get("Environment", {}).get("Variables", {})
    return variables


RULES = [
    Rule(
        id="payload-size",
        operations=("lambda:Invoke",),
        says="A function that is waited for takes at most 6 MB.",
        breaks=lambda request, _: len(str(request.get("Payload", "")).encode()) > 6 * 1024 * 1024,
        error="RequestTooLargeException",
        message="Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        source=api("lambda/latest/dg", "gettingstarted-limits"),
        read=API_READ,
        refused={"FunctionName": "function", "Payload": "x" * (6 * 1024 * 1024 + 1)},
        accepted={"FunctionName": "function", "Payload": "{}"},
    ),
    Rule(
        id="reserved-variables",
        operations=("lambda:UpdateFunctionConfiguration", "lambda:CreateFunction"),
        says="Lambda sets some variables itself.",
        breaks=lambda request, _: bool(_RESERVED & set(_environment(request))),
        error="InvalidParameterValueException",
        message="Lambda was unable to configure your environment variables because the environment"
        " variables you have provided contains reserved keys that are currently not supported for"
        " modification.",
        source=api("lambda/latest/dg", "configuration-envvars"),
        read=READ,
        refused=_variables(AWS_REGION="us-east-1"),
        accepted=_variables(TABLE="table"),
    ),
    Rule(
        id="variables-size",
        operations=("lambda:UpdateFunctionConfiguration", "lambda:CreateFunction"),
        says="All variables of a function have at most 4 KB, measured as one JSON text.",
        breaks=lambda request, _: (
            len(json.dumps(_environment(request), separators=(",", ":")).encode()) > 4096
        ),
        error="InvalidParameterValueException",
        message="Lambda was unable to configure your environment variables because the environment"
        " variables you have provided exceeded the 4KB limit.",
        source=f"{LOCALSTACK}lambda_/test_lambda_api.snapshot.json",
        read=READ,
        refused=_variables(TABLE="x" * 4085),
        accepted=_variables(TABLE="x" * 4084),
    ),
    Rule(
        id="queue-batch-window",
        operations=("lambda:CreateEventSourceMapping",),
        says="More than ten messages of a queue are collected within a window.",
        breaks=_large_batch,
        error="InvalidParameterValueException",
        message="Maximum batch window in seconds must be greater than 0 if maximum batch size is"
        " greater than 10",
        source=api("lambda/latest/dg", "services-sqs-configure"),
        read=API_READ,
        refused=_mapping(BatchSize=1000),
        accepted=_mapping(BatchSize=1000, MaximumBatchingWindowInSeconds=5),
    ),
]
