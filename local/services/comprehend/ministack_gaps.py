"""ministack has no Comprehend: functions that call it are authorised here, and answered as tasks.

The task server answers (`local/services/task_server.py`), behind the same door, rules and quotas as
the tasks of workflows.
"""

import asyncio
import re
from typing import Any

from local.services import json_service, task_client
from local.services.json_service import ServiceError
from local.services.task import TaskError

_SERVICE = "comprehend"
# How the cause of a task ends: the code that the service itself gave.
_CODE = re.compile(r"^(.*) \(Service: .*, Error Code: (\w+)\)$", re.DOTALL)


def close() -> None:
    """Answer what a function asks of Comprehend."""
    json_service.add(_SERVICE, "Comprehend_20171127.", _answer)


async def _answer(operation: str, request: dict[str, Any], region: str) -> Any:  # noqa: ARG001 -- there is one Region
    resource = f"arn:aws:states:::aws-sdk:{_SERVICE}:{operation[0].lower()}{operation[1:]}"
    try:
        return await asyncio.to_thread(task_client.send, resource, request, "", {})
    except TaskError as error:
        raise service_error(error) from error


def service_error(error: TaskError) -> ServiceError:
    """The error of the service itself, of one as a workflow gets it."""
    worded = _CODE.match(error.cause)
    if worded:
        return ServiceError(worded[2], worded[1])
    return ServiceError(error.error.rpartition(".")[2], error.cause)
