"""ministack's pollers read every queue; AWS's read with the rights of the function's role.

A mapping whose function may not read its queue, or use the queue's key, takes no messages: they
stay in the queue. Streams are not asked for: no mapping here reads one.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from local.runtime.wrapping import wrap
from local.services.iam import delivery
from local.services.iam.authorisation import DeniedError, authorise
from local.services.iam.task_authorisation import account

LENIENT = [
    ("Mappings of streams read without rights.", "No mapping of the architectures reads a stream."),
]


def close() -> None:
    """Ask before each batch."""
    wrap(lambda_svc, "_sqs_esm_concurrency", _concurrency)


def _concurrency(
    original: Callable[..., int],
    mapping: dict[str, Any],
    function: dict[str, Any],
    config: dict[str, Any],
    queue: dict[str, Any] | None = None,
) -> int:
    """How many batches the mapping may have at once: none without the rights to read."""
    permissions = delivery.event_source_mapping(mapping["EventSourceArn"], account)
    try:
        authorise("lambda", function["config"]["Role"], permissions)
    except DeniedError as denied:
        mapping["LastProcessingResult"] = f"PROBLEM: {denied}"
        return 0
    return original(mapping, function, config, queue)
