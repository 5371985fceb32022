"""What Step Functions asks of a workflow's role, for nested executions and for itself.

docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html (nested executions, and the
managed rule of `.sync`), /iam-policies-eg-dist-map.html (Distributed Map), /encryption-at-rest.html
(the key: the encryption context names the workflow, and for its logs SourceArn), /cw-logs.html and
/xray-iam.html. Read 2026-11-28.
"""

from local.services.iam.permission import (
    ACCOUNT,
    PARTITION,
    REGION,
    Account,
    Arguments,
    Permission,
    arn,
    use_of_key,
)

_LOG_DELIVERY = (
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)
_TRACING = (
    "GetSamplingRules",
    "GetSamplingTargets",
    "PutTelemetryRecords",
    "PutTraceSegments",
)
# What writes no ARN of its own names the account's log groups.
LOG_SOURCE = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:*"


def execution_arn(machine: str, name: str) -> str:
    """The ARN of an execution of the workflow with the ARN `machine`."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def managed_rule(name: str) -> list[Permission]:
    """The rule by which Step Functions learns that a job ended: it makes it under the role."""
    rule = arn("events", f"rule/StepFunctionsGetEventsFor{name}Rule")
    return [
        Permission(f"events:{verb}", rule) for verb in ("PutTargets", "PutRule", "DescribeRule")
    ]


def start_execution(arguments: Arguments, account: Account) -> list[Permission]:
    """`states:startExecution.sync:2`: starts, watches and, if it is stopped itself, stops it."""
    machine = arguments["StateMachineArn"]
    nested = execution_arn(machine, "generated-name")
    return [
        Permission("states:StartExecution", machine),
        Permission("states:DescribeExecution", nested),
        Permission("states:StopExecution", nested),
        *_read(machine, account),
        *managed_rule("StepFunctionsExecution"),
    ]


def _read(machine: str, account: Account) -> list[Permission]:
    """Use of a workflow's key by a caller who reads what its executions keep.

    The API models KmsAccessDeniedException, "API caller", for reads and for starts; starts are
    taken to use the key under the workflow's own role.
    """
    context = {"aws:states:stateMachineArn": machine}
    return use_of_key(account.key_of(machine), "states", "Decrypt", context=context)


def start_sync_execution(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sfn:startSyncExecution`."""
    return [Permission("states:StartSyncExecution", arguments["StateMachineArn"])]


def get_execution_history(arguments: Arguments, account: Account) -> list[Permission]:
    """`sfn:getExecutionHistory`."""
    execution = arguments["ExecutionArn"]
    machine = execution.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    return [Permission("states:GetExecutionHistory", execution), *_read(machine, account)]


def distributed_map(machine: str) -> list[Permission]:
    """A Distributed Map starts executions of its own workflow, and watches and stops them."""
    child = execution_arn(machine, "generated-name")
    return [
        Permission("states:StartExecution", machine),
        Permission("states:DescribeExecution", child),
        Permission("states:StopExecution", child),
    ]


def state_machine(
    machine: str, account: Account, *, logged: bool, traced: bool
) -> list[Permission]:
    """What each execution needs, whatever its tasks."""
    key = account.key_of(machine)
    context = {"aws:states:stateMachineArn": machine}
    permissions = use_of_key(key, "states", "Decrypt", "GenerateDataKey", context=context)
    if logged:
        permissions += [Permission(f"logs:{action}") for action in _LOG_DELIVERY]
        source = {"SourceArn": LOG_SOURCE}
        permissions += use_of_key(key, "states", "GenerateDataKey", context=source)
    if traced:
        permissions += [Permission(f"xray:{action}") for action in _TRACING]
    return permissions
