"""Each task of a workflow runs under the role of its execution."""

from collections.abc import Iterable
from typing import Any

from local.services.iam import states_permissions
from local.services.iam.authorisation import DeniedError, authorise
from local.services.iam.deployed_account import DeployedAccount
from local.services.iam.permission import Arguments, Permission
from local.services.iam.task_permissions import permissions_of

_SERVICE = "states"
# What Step Functions calls the error of a service that denies access and models no error for it:
# the base class of the SDK for Java 1 for optimised integrations, that of version 2 for `aws-sdk:`.
_OPTIMISED_ERRORS = {
    "athena": "Athena.AmazonAthenaException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "lambda": "Lambda.AWSLambdaException",
    "sagemaker": "SageMaker.AmazonSageMakerException",
    "sns": "SNS.AuthorizationErrorException",
    "states": "StepFunctions.AWSStepFunctionsException",
}
_SDK_NAMES = {"applicationautoscaling": "ApplicationAutoScaling", "sagemaker": "SageMaker"}

account = DeployedAccount()


def denial(role_arn: str, resource: str, arguments: Arguments) -> tuple[str, str] | None:
    """The error and the cause of a task that its role does not allow, None if it is allowed.

    `resource` is the task's `Resource`. Raises ValueError for an integration that is not in the
    table of permissions.
    """
    try:
        authorise(_SERVICE, role_arn, permissions_of(resource, arguments, account))
    except DeniedError as denied:
        return error_name(resource), str(denied)
    account.remember(resource, arguments)
    return None


def workflow_denial(machine: dict[str, Any]) -> tuple[str, str] | None:
    """The same for an execution as such: its role uses the workflow's key.

    That Step Functions reports it as KmsAccessDeniedException was not verified. Delivery of logs
    and traces is not asked for: there is none here.
    """
    permissions = states_permissions.state_machine(
        machine["stateMachineArn"], account, logged=False, traced=False
    )
    return _denial(machine, permissions, "StepFunctions.KmsAccessDeniedException")


def map_denial(machine: dict[str, Any]) -> tuple[str, str] | None:
    """The same for a Distributed Map, whose children are executions of its workflow.

    The name under which Step Functions reports it was not verified.
    """
    permissions = states_permissions.distributed_map(machine["stateMachineArn"])
    return _denial(machine, permissions, _OPTIMISED_ERRORS["states"])


def _denial(
    machine: dict[str, Any], permissions: Iterable[Permission], error: str
) -> tuple[str, str] | None:
    try:
        authorise(_SERVICE, machine["roleArn"], permissions)
    except DeniedError as denied:
        return error, str(denied)
    return None


def error_name(resource: str) -> str:
    """The name under which Step Functions reports that a service denied access."""
    kind, service = resource.split(":")[5:7]
    if kind != "aws-sdk":
        return _OPTIMISED_ERRORS[kind]
    name = _SDK_NAMES.get(service, service.title())
    return f"{name}.{name}Exception"
