"""What EventBridge, its scheduler and Lambda's pollers need of IAM to deliver and to read.

Pages below docs.aws.amazon.com, read 2026-11-28:
- eventbridge/latest/userguide/eb-use-resource-based.html: Lambda, SNS and SQS admit
  events.amazonaws.com by their own policies; queues and functions see the rule as aws:SourceArn
- sns/latest/dg/sns-key-management.html, AWSSimpleQueueService/latest/SQSDeveloperGuide/
  sqs-key-management.html: the key of an encrypted target admits the service for Decrypt and
  GenerateDataKey; SourceArn and SourceAccount are not supported for EventBridge and SNS
- eventbridge/latest/userguide/eb-cross-account.html, eb-use-conditions.html (read 2026-11-29): a
  rule sends to a bus of another account under its role; that bus's policy admits the account, and
  sees the event's source and detail type
- scheduler/latest/UserGuide/encryption-rest.html: the schedule's role decrypts its input, with the
  schedule's ARN as encryption context
- lambda/latest/dg/services-sqs-configure.html: the function's role receives, deletes and describes;
  of an encrypted queue it decrypts
"""

from collections.abc import Mapping
from typing import Any

from local.services.iam.permission import ACCOUNT, Account, Permission, use_of_key

_ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}


def service_of(arn: str) -> str:
    """The service in an ARN."""
    return arn.split(":")[2]


def by_resource_policy(rule_arn: str, target_arn: str) -> Permission:
    """What the target's own policy must allow to events.amazonaws.com."""
    service = service_of(target_arn)
    # EventBridge does not tell SNS for which rule it publishes.
    context = {} if service == "sns" else {"aws:SourceArn": rule_arn, "aws:SourceAccount": ACCOUNT}
    return Permission(_ACTIONS[service], target_arn, context)


def by_key_policy(target_arn: str, account: Account) -> list[Permission]:
    """What the key of an encrypted target must allow to events.amazonaws.com."""
    key = account.key_of(target_arn) if service_of(target_arn) in ("sns", "sqs") else ""
    # No condition key is documented for this call of KMS.
    return [Permission(f"kms:{verb}", key) for verb in ("Decrypt", "GenerateDataKey") if key]


def by_role(target_arn: str) -> list[Permission]:
    """What a target's role must allow."""
    action = {"states": "states:StartExecution", **_ACTIONS}[service_of(target_arn)]
    return [Permission(action, target_arn)]


def to_bus(bus_arn: str, source: str, detail_type: str) -> Permission:
    """What the role of a rule needs to forward an event, and what a bus elsewhere must admit."""
    context = {"events:source": source, "events:detail-type": detail_type}
    return Permission("events:PutEvents", bus_arn, context)


def schedule(schedule_arn: str, key: str, target: Mapping[str, Any]) -> list[Permission]:
    """What the role of a schedule must allow: its target, and the input that is under a key."""
    context = {"kms:EncryptionContext:aws:scheduler:schedule:arn": schedule_arn}
    decrypt = [Permission("kms:Decrypt", key, context)] if key else []
    return [*by_role(target["Arn"]), *decrypt]


def dead_letters_of_schedule(target: Mapping[str, Any], account: Account) -> list[Permission]:
    """What the role of a schedule must allow to keep what could not be delivered."""
    queue = target.get("DeadLetterConfig", {}).get("Arn", "")
    if not queue:
        return []
    key = account.key_of(queue)
    return [
        Permission("sqs:SendMessage", queue),
        *use_of_key(key, "sqs", "Decrypt", "GenerateDataKey"),
    ]


def event_source_mapping(queue_arn: str, account: Account) -> list[Permission]:
    """What the role of a function must allow, whose mapping reads a queue."""
    return [
        *(
            Permission(f"sqs:{verb}", queue_arn)
            for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        ),
        *use_of_key(account.key_of(queue_arn), "sqs", "Decrypt"),
    ]
