"""ministack's EventBridge delivers to every target; AWS's only to those that admit it.

A rule's target must allow events.amazonaws.com by its own policy and that of its key, or the rule's
role must allow the delivery; a schedule's role must allow it, and decrypt the schedule's input. An
event that is refused goes to the target's dead-letter queue, if that admits it, with the reason,
and counts as a failed invocation. It is not tried again: nothing here mends a policy meanwhile.

EventBridge names the executions that it starts by two UUIDs, 73 characters in all
(github.com/wellcomecollection/catalogue-pipeline, pull request 3227); ministack's names have 36.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import cloudwatch, eventbridge, kms, lambda_svc, sns, sqs, stepfunctions

from local.runtime.wrapping import wrap
from local.services.iam import delivery
from local.services.iam.authorisation import DeniedError, authorise, service_may
from local.services.iam.permission import Permission
from local.services.iam.task_authorisation import account

LENIENT = [
    (
        "A refused event is not tried again.",
        "Nothing here mends a policy within the time in which AWS tries.",
    ),
]

_SERVICE = "events"
_Target = dict[str, Any]


def close() -> None:
    """Ask for each delivery."""
    wrap(eventbridge, "_invoke_target", _invoke_target)
    wrap(eventbridge, "_dispatch_to_stepfunctions", _start_named_execution)


def _invoke_target(
    original: Callable[..., Any],
    target: _Target,
    event: dict[str, Any],
    rule: dict[str, Any],
    view: Any = None,
) -> None:
    reason = _refusal(target, rule)
    if not reason:
        original(target, event, rule, view)
        return
    eventbridge.logger.warning("EventBridge: %s is not delivered: %s", target["Arn"], reason)
    _count_failure(rule)
    queue = target.get("DeadLetterConfig", {}).get("Arn", "")
    if queue and not _dead_letters_refusal(queue, target, rule):
        _keep(queue, target, rule, view or eventbridge._pattern_event_view(event), reason)


def _start_named_execution(original: Callable[..., Any], machine: str, event: str) -> None:
    if stepfunctions._resolve_state_machine_arn(machine) is None:
        original(machine, event)
        return
    name = f"{uuid.uuid4()}_{uuid.uuid4()}"
    stepfunctions._start_execution({"stateMachineArn": machine, "input": event, "name": name})


def _refusal(target: _Target, rule: dict[str, Any]) -> str:
    """Why IAM refuses a delivery; empty if it does not."""
    if _is_schedule(rule):
        permissions = delivery.schedule(rule["Arn"], rule.get("KmsKeyArn") or "", target)
        return _denial("scheduler", target["RoleArn"], permissions)
    if delivery.service_of(target["Arn"]) == "events":
        put = [Permission("events:PutEvents", target["Arn"])]
        return _denial(_SERVICE, target.get("RoleArn", ""), put) or (
            f"{target['Arn']} is in another account, and the local AWS has one"
        )
    if delivery.service_of(target["Arn"]) == "states":
        return _denial(_SERVICE, target.get("RoleArn", ""), delivery.by_role(target["Arn"]))
    return _policies_refusal(target["Arn"], rule["Arn"])


def _dead_letters_refusal(queue: str, target: _Target, rule: dict[str, Any]) -> str:
    if _is_schedule(rule):
        permissions = delivery.dead_letters_of_schedule(target, account)
        return _denial("scheduler", target["RoleArn"], permissions)
    return _policies_refusal(queue, rule["Arn"])


def _is_schedule(rule: dict[str, Any]) -> bool:
    return ":scheduler:" in str(rule["Arn"])


def _denial(service: str, role_arn: str, permissions: list[Permission]) -> str:
    if not role_arn:
        return "the target has no role"
    try:
        authorise(service, role_arn, permissions)
    except DeniedError as denied:
        return str(denied)
    return ""


def _policies_refusal(target: str, rule: str) -> str:
    """Why the policy of a target, or of its key, does not admit EventBridge."""
    permissions = [
        delivery.by_resource_policy(rule, target),
        *delivery.by_key_policy(target, account),
    ]
    for permission in permissions:
        if not service_may(_SERVICE, permission, _policy(permission.resource)):
            return (
                f"no resource-based policy of {permission.resource} allows {_SERVICE}.amazonaws.com"
                f" the {permission.action} action"
            )
    return ""


def _policy(resource: str) -> Any:
    lookup = {
        "kms": kms.key_policy_for_arn,
        "lambda": lambda_svc.function_policy_for_arn,
        "sns": sns.topic_policy_for_arn,
        "sqs": sqs.queue_policy_for_arn,
    }[delivery.service_of(resource)]
    policy_and_owner = lookup(resource)
    return policy_and_owner[0] if policy_and_owner else None


def _keep(queue: str, target: _Target, rule: dict[str, Any], view: Any, reason: str) -> None:
    """Put an event into a dead-letter queue, with the attributes that EventBridge adds."""
    body = target.get("Input") or json.dumps(view.event_with_detail())
    eventbridge._dispatch_to_sqs(parse_arn(queue), body)
    attributes = {
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": reason,
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
    }
    sqs._queue_by_arn(queue)["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }


def _count_failure(rule: dict[str, Any]) -> None:
    """AWS/Events FailedInvocations of the rule, as AWS counts it."""
    datum = {
        "MetricName": "FailedInvocations",
        "Dimensions": [{"Name": "RuleName", "Value": rule["Name"]}],
        "Value": 1,
        "Unit": "Count",
    }
    request = {"Namespace": "AWS/Events", "MetricData": [datum]}
    cloudwatch._put_metric_data({}, request, is_cbor=False, is_json=True)
