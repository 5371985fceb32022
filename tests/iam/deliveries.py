"""Everything that AWS's services do for the stacks by themselves, and who must allow it.

A delivery is decided by the policy of what receives it, of its key, or of the role that the service
acts for; an event source mapping reads under its function's role.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.services.iam import delivery
from local.services.iam.permission import ACCOUNT, REGION, Permission
from local.services.iam.states_permissions import LOG_SOURCE
from tests.iam.concrete import Deployed
from tools.assembly import Resource


@dataclass(frozen=True)
class Act:
    """One permission that one service, or one role, needs."""

    reason: str
    actor: str
    """`<service>.amazonaws.com`, or the ARN of a role."""
    permission: Permission


def acts(account: Deployed) -> Iterator[Act]:
    """All of them in one assembly."""
    for kind, read in _READERS.items():
        for resource in account.of_type(kind):
            yield from read(resource, account)


def _rule(rule: Resource, account: Deployed) -> Iterator[Act]:
    arn, properties = account.arn(rule), account.concrete(rule.properties)
    for target in properties["Targets"]:
        queues = [target["DeadLetterConfig"]["Arn"]]
        if ":event-bus/" in target["Arn"]:
            pattern = properties["EventPattern"]
            for source in pattern["source"]:
                for kind in pattern["detail-type"]:
                    permission = delivery.to_bus(target["Arn"], source, kind)
                    yield Act(rule.place, target["RoleArn"], permission)
        elif "RoleArn" in target:
            for permission in delivery.by_role(target["Arn"]):
                yield Act(rule.place, target["RoleArn"], permission)
        else:
            queues.append(target["Arn"])
        for receiver in queues:
            for permission in (
                delivery.by_resource_policy(arn, receiver),
                *delivery.by_key_policy(receiver, account),
            ):
                yield Act(rule.place, "events.amazonaws.com", permission)


def _schedule(schedule: Resource, account: Deployed) -> Iterator[Act]:
    properties = account.concrete(schedule.properties)
    target = properties["Target"]
    for permission in (
        *delivery.schedule(account.arn(schedule), properties.get("KmsKeyArn", ""), target),
        *delivery.dead_letters_of_schedule(target, account),
    ):
        yield Act(schedule.place, target["RoleArn"], permission)


def _mapping(mapping: Resource, account: Deployed) -> Iterator[Act]:
    properties = account.concrete(mapping.properties)
    role = account.properties(properties["FunctionName"])["Role"]
    for permission in delivery.event_source_mapping(properties["EventSourceArn"], account):
        yield Act(mapping.place, role, permission)


def _alarm(alarm: Resource, account: Deployed) -> Iterator[Act]:
    properties = account.concrete(alarm.properties)
    for topic in properties.get("AlarmActions", []):
        yield from _publish(alarm.place, "cloudwatch", topic, account)


def _budget(budget: Resource, account: Deployed) -> Iterator[Act]:
    for notification in account.concrete(budget.properties)["NotificationsWithSubscribers"]:
        for subscriber in notification["Subscribers"]:
            if subscriber["SubscriptionType"] == "SNS":
                yield from _publish(budget.place, "budgets", subscriber["Address"], account)


def _publish(reason: str, service: str, topic: str, account: Deployed) -> Iterator[Act]:
    """docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: both tell the account."""
    context = {"aws:SourceAccount": ACCOUNT}
    yield Act(reason, f"{service}.amazonaws.com", Permission("sns:Publish", topic, context))
    key = account.key_of(topic)
    for verb in ("Decrypt", "GenerateDataKey") if key else ():
        yield Act(reason, f"{service}.amazonaws.com", Permission(f"kms:{verb}", key, context))


def _log_group(group: Resource, account: Deployed) -> Iterator[Act]:
    """docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html."""
    key = account.concrete(group.properties).get("KmsKeyId", "")
    context = {"kms:EncryptionContext:aws:logs:arn": account.arn(group).removesuffix(":*")}
    for verb in ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"):
        if key:
            yield Act(
                group.place,
                f"logs.{REGION}.amazonaws.com",
                Permission(f"kms:{verb}", key, context),
            )


def _state_machine(machine: Resource, account: Deployed) -> Iterator[Act]:
    """docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html, step 3."""
    key = account.key_of(account.arn(machine))
    if key and machine.properties["LoggingConfiguration"]["Level"] != "OFF":
        context = {"kms:EncryptionContext:SourceArn": LOG_SOURCE}
        yield Act(
            machine.place,
            "delivery.logs.amazonaws.com",
            Permission("kms:Decrypt", key, context),
        )


_READERS = {
    "AWS::Budgets::Budget": _budget,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": _state_machine,
}


def services_of(statement: dict[str, Any]) -> list[str]:
    """The service principals of a statement."""
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return [services] if isinstance(services, str) else list(services)
