"""ministack checks what is asked about a query on no resource; AWS checks it on its work group.

docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html (2026-11-29).
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import athena

from local.runtime.wrapping import wrap


def close() -> None:
    """Name the work group of an execution or a named query that a request is about."""
    wrap(iam_actions, "extract_resource_arn", _resource_arn)


def _resource_arn(original: Callable[..., str], *request: Any) -> str:
    arn = original(*request)
    service, body, region, account = request[0], request[4], request[6], request[7]
    if service != "athena" or arn != "*":
        return arn
    asked = json.loads(body or b"{}")
    query = athena._executions.get(asked.get("QueryExecutionId", "")) or athena._named_queries.get(
        asked.get("NamedQueryId", "")
    )
    if not query:
        return arn
    return f"arn:aws:athena:{region}:{account}:workgroup/{query['WorkGroup']}"
