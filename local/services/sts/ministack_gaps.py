"""ministack's STS does not tell a trust policy on behalf of which account a service calls.

The trust policies of the stacks require `aws:SourceAccount`.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id

from local.runtime.wrapping import wrap

LENIENT = [
    (
        "A trust policy sees the account that a service calls for, not the resource.",
        "ministack does not know which resource makes a service call.",
    ),
]


def close() -> None:
    """Give trust policies the account of a service's call."""
    wrap(iam_evaluator, "evaluate_trust_policy", _trusts)


def _trusts(original: Callable[..., Any], trust: Any, caller: str, context: Any = None) -> bool:
    if context and caller.endswith(":root"):
        context.service_context["aws:sourceaccount"] = get_account_id()
    return bool(original(trust, caller, context))
