"""Operations of AWS by the names that tasks, templates and botocore give them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

_RESOURCE = re.compile(
    r"^arn:aws(-\w+)*:states:::(?P<sdk>aws-sdk:)?(?P<service>\w+):(?P<action>\w+?)"
    r"(?P<pattern>\.sync(:2)?|\.waitForTaskToken)?$"
)
# A service's name in a task's resource -> in botocore, where they differ.
_BOTOCORE_NAMES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}


@dataclass(frozen=True)
class Operation:
    """What a task of a workflow calls."""

    service: str
    """In botocore's spelling."""
    name: str
    task_service: str
    """As the task's resource spells it."""
    sdk: bool
    """Whether it is an AWS SDK integration, not an optimised one."""
    waits: bool
    """Whether the task ends when the job ends (`.sync`)."""

    @property
    def id(self) -> str:
        """`sagemaker:CreateTrainingJob`."""
        return f"{self.service}:{self.name}"

    @property
    def model(self) -> OperationModel:
        """botocore's model of it. Raises OperationNotFoundError."""
        return service_model(self.service).operation_model(self.name)


@cache
def operation_of(resource: str) -> Operation | None:
    """What the `Resource` of a Task calls; None for a function, an activity or `http:invoke`."""
    match = _RESOURCE.match(resource)
    if match is None or match["service"] == "http":
        return None
    task_service, action = match["service"], match["action"]
    return Operation(
        _BOTOCORE_NAMES.get(task_service, task_service),
        action[0].upper() + action[1:],
        task_service,
        sdk=bool(match["sdk"]),
        waits=(match["pattern"] or "").startswith(".sync"),
    )


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service. Raises UnknownServiceError."""
    model: ServiceModel = _session().get_service_model(service)
    return model


@cache
def input_shape(service: str, name: str) -> Any:
    """The shape of an operation's request (a StructureShape); None if it takes none."""
    return service_model(service).operation_model(name).input_shape


@cache
def _session() -> Any:
    return botocore.session.get_session()
