"""ministack checks PutLogEvents on the log group, and policies do not see a metric's namespace.

AWS checks PutLogEvents on the log stream, and PutMetricData with the condition key
`cloudwatch:namespace`.
"""

import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from local.runtime.wrapping import wrap

LENIENT = [
    (
        "Of CloudWatch's condition keys, only the namespace of a metric is known.",
        "ministack passes no others on to the policies.",
    ),
    (
        "Alarms on metric math stay as they are; others ignore dimensions and missing data.",
        "ministack compares one statistic of what was published within the evaluation periods.",
    ),
]

# `"Namespace": "X"`, `Namespace=X`, and in CBOR the key, a length and X.
_NAMESPACE = re.compile(rb"Namespace(?:\"\s*:\s*\"|=|[\x60-\x77]|\x78.)([\w./-]+)", re.DOTALL)
_namespace: ContextVar[str] = ContextVar("namespace", default="")


def close() -> None:
    """Check log events on the stream, and give policies the namespace."""
    wrap(iam_actions, "extract_resource_arn", _resource_arn)
    wrap(iam_evaluator, "_resolve_condition_key", _condition_key)


def _resource_arn(original: Callable[..., Any], *request: Any) -> str:
    service, _, _, headers, body = request[:5]
    arn = str(original(*request))
    if service in ("cloudwatch", "monitoring"):
        # An SDK speaks one of three protocols, each of which has the name in the body.
        match = _NAMESPACE.search(body or b"")
        _namespace.set(match[1].decode() if match else "")
    if headers.get("x-amz-target", "").endswith(".PutLogEvents"):
        arn += f":log-stream:{json.loads(body)['logStreamName']}"
    return arn


def _condition_key(original: Callable[..., Any], key: str, context: Any) -> Any:
    if key.lower() == "cloudwatch:namespace":
        # A task of a workflow says it itself; no request of it reached ministack.
        return original(key, context) or _namespace.get() or None
    return original(key, context)
