"""The door of the local AWS: what every task of a workflow passes before anything answers it.

First the model of the service, then its documented rules (`local/services/rules`). What Step
Functions itself refuses (a field that the API does not have, or lacks) ends the execution with
States.Runtime, which no catcher sees; what the service refuses comes under the service's own error.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from local.services import rules
from local.services.contract.errors import error_name
from local.services.contract.limits import Violation, violations
from local.services.contract.operations import Operation, input_shape, operation_of
from local.services.task import Arguments, TaskError

# Members whose value a workflow may write as JSON; Step Functions makes text of it.
_SERIALISED = {
    "lambda:Invoke": "Payload",
    "s3:PutObject": "Body",
    "sns:Publish": "Message",
    "sqs:SendMessage": "MessageBody",
    "stepfunctions:StartExecution": "input",
    "stepfunctions:StartSyncExecution": "input",
}
# The code of a request that breaks the model.
_VALIDATION, _VALIDATION_CODES = "ValidationException", {"transcribe": "BadRequestException"}
_REFUSED_BY_STEP_FUNCTIONS = {"required", "unknown", "type", "union"}


def check(resource: str, arguments: Arguments, state: Mapping[str, Any] | None = None) -> None:
    """Let a task's arguments pass. Raises TaskError under the name that a workflow gets.

    `state` is what exists already, for the rules that ask for it (`rules.Rule.refuses`).
    """
    operation = operation_of(resource)
    if operation is None:
        return
    request = request_of(operation, arguments)
    for violation in violations_of(operation, request):
        raise TaskError(*_model_error(operation, violation))
    existing = state or {}
    broken = rules.broken(operation.id, request, existing)
    if broken:
        message = broken.message_for(request, existing)
        raise TaskError(
            error_name(operation, broken.error), cause(operation, broken.error, message)
        )


def request_of(operation: Operation, arguments: Arguments) -> Arguments:
    """A task's arguments as the API takes them."""
    shape = input_shape(operation.service, operation.name)
    request: Arguments = arguments if shape is None else _native(shape, arguments)
    member = _SERIALISED.get(operation.id)
    if member in request and not isinstance(request[member], str):
        request = {**request, member: json.dumps(request[member], ensure_ascii=False)}
    return request


def violations_of(operation: Operation, request: Arguments) -> list[Violation]:
    """What a request breaks of its model."""
    shape = input_shape(operation.service, operation.name)
    return [] if shape is None else violations(shape, request)


def cause(operation: Operation, code: str, message: str) -> str:
    """The cause as Step Functions words it: the service's message, and which error it was."""
    service = operation.model.service_model.metadata["serviceId"].replace(" ", "")
    return f"{message} (Service: {service}, Status Code: 400, Error Code: {code})"


def _model_error(operation: Operation, violation: Violation) -> tuple[str, str]:
    if violation.limit in _REFUSED_BY_STEP_FUNCTIONS:
        message = f"The arguments could not be used to start the task: [{violation.message}]"
        return "States.Runtime", message
    code = _VALIDATION_CODES.get(operation.service, _VALIDATION)
    message = f"1 validation error detected: {violation.message}"
    return error_name(operation, code), cause(operation, code, message)


def _native(shape: Any, value: Any) -> Any:
    """Members as the model spells them: a task begins each with a capital (`StateMachineArn`)."""
    if not isinstance(value, dict) or shape.type_name not in ("structure", "map"):
        if isinstance(value, list) and shape.type_name == "list":
            return [_native(shape.member, item) for item in value]
        return value
    if shape.type_name == "map":
        return {key: _native(shape.value, item) for key, item in value.items()}
    spellings = _spellings(shape)
    native = {spellings.get(name, name): item for name, item in value.items()}
    return {
        name: _native(shape.members[name], item) if name in shape.members else item
        for name, item in native.items()
    }


def _spellings(shape: Shape) -> dict[str, str]:
    """A member as a task spells it -> as the model does, where they differ."""
    members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]  # a structure
    return {
        name[0].upper() + name[1:]: name
        for name in members
        if name[0].islower() and name[0].upper() + name[1:] not in members
    }
