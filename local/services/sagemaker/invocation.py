"""SageMaker's InvokeEndpoint: picks a variant by weight or by name, and lets its model answer.

The emulator has checked the caller's permission. Errors are the service's own: ValidationError,
ModelError and ServiceUnavailable. Payload sizes are checked by the model server alone.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.runtime.workspace import LocalError
from local.services.sagemaker.containers import ModelInput, invoke_containers
from local.services.sagemaker.data_capture import DataCapture, captured_line
from local.services.sagemaker.endpoints import Endpoint


@dataclass
class Response:
    """The HTTP response to InvokeEndpoint."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def invoke(
    endpoints: Mapping[str, Endpoint],
    name: str,
    headers: Mapping[str, str],
    body: bytes,
    data_capture: DataCapture,
) -> Response:
    """The response to one request; `headers` are in small letters."""
    if name not in endpoints:
        return _error(400, "ValidationError", f"Endpoint {name} of account not found.")
    if endpoints[name].asynchronous:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-invoke-endpoint.html
        message = f"Endpoint {name} is asynchronous: use InvokeEndpointAsync."
        return _error(400, "ValidationError", message)
    variants = {variant.name: variant for variant in endpoints[name].variants}
    target = headers.get("x-amzn-sagemaker-target-variant")
    if target and target not in variants:
        return _error(400, "ValidationError", f"Variant {target} not found for {name}.")
    weights = [variant.weight for variant in variants.values()]
    chosen = target or random.choices(list(variants), weights)[0]  # noqa: S311 -- traffic, not secrets
    content_type = headers.get("content-type", "application/octet-stream")
    model_input = ModelInput(body, content_type, headers.get("accept", "*/*"))
    try:
        answer = invoke_containers(variants[chosen].urls, model_input)
    except LocalError:
        return _error(503, "ServiceUnavailable", f"Variant {chosen} does not answer.")
    if not answer.ok:
        return _error(
            424,
            "ModelError",
            f"Received client error ({answer.status_code}) from {chosen}.",
            OriginalStatusCode=answer.status_code,
            OriginalMessage=answer.text,
        )
    answer_type = answer.headers.get("content-type", "application/json")
    inference_id = headers.get("x-amzn-sagemaker-inference-id", "")
    if endpoints[name].capture_bucket:
        line = captured_line(inference_id, (content_type, body), (answer_type, answer.content))
        data_capture.add(name, chosen, line)
    response_headers = {
        "content-type": answer_type,
        "x-amzn-invoked-production-variant": chosen,
    }
    return Response(200, answer.content, response_headers)


def _error(status: int, code: str, message: str, **fields: Any) -> Response:
    headers = {"x-amzn-errortype": code, "content-type": "application/json"}
    return Response(status, json.dumps({"Message": message, **fields}).encode(), headers)
