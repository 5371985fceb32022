"""ministack has no network, so no request comes through a VPC endpoint.

The stand-ins for what runs inside a VPC name the endpoint in a header, and policies see it as
`aws:SourceVpce`. Routes, security groups and endpoint policies are not checked.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator

from local.runtime.wrapping import wrap
from local.services.vpc.endpoint_header import VPC_ENDPOINT_HEADER

LENIENT = [
    (
        "Routes, security groups and endpoint policies are not checked.",
        "ministack has no network.",
    ),
]

_vpc_endpoint: ContextVar[str] = ContextVar("vpc_endpoint", default="")


def close() -> None:
    """Give policies the VPC endpoint that the header names."""
    wrap(iam_evaluator, "pin_request_caller", _remember_endpoint)
    wrap(iam_evaluator, "_resolve_condition_key", _condition_key)


def _remember_endpoint(
    original: Callable[..., Any], headers: dict[str, str], query: dict[str, Any] | None = None
) -> None:
    _vpc_endpoint.set(headers.get(VPC_ENDPOINT_HEADER, ""))
    original(headers, query)


def _condition_key(original: Callable[..., Any], key: str, context: Any) -> Any:
    if key.lower() == "aws:sourcevpce":
        return _vpc_endpoint.get() or None
    return original(key, context)
