"""Events, notifications and messages that AWS would drop or a deploy would refuse."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stacks.shared.gate import policies
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved, Resource

RULES = ("TARGET_NOT_ADMITTED", "TARGET_WITHOUT_ROLE", "KEY_NOT_ADMITTED")

# Target -> the type that admits it, the property that names the target, and the action.
_ADMITS = {
    "AWS::SQS::Queue": ("SQS::QueuePolicy", "Queues", "sqs:SendMessage"),
    "AWS::SNS::Topic": ("SNS::TopicPolicy", "Topics", "sns:Publish"),
    "AWS::Lambda::Function": ("Lambda::Permission", "FunctionName", "lambda:InvokeFunction"),
}
# Types of senders, their properties that name a receiver, and the service that delivers.
_SENDERS = [
    (
        ("CloudWatch::Alarm", "CloudWatch::CompositeAlarm"),
        ("AlarmActions", "OKActions", "InsufficientDataActions"),
        "cloudwatch.amazonaws.com",
    ),
    (("SNS::Subscription",), ("Endpoint",), "sns.amazonaws.com"),
]


def findings(template: Resolved) -> Iterator[Finding]:
    """What would be dropped or refused."""
    for sender, service, target in _deliveries(template):
        for rule, sentence in dict.fromkeys(_complaints(template, sender, service, target)):
            yield Finding(rule, f"{sentence}.", sender.logical_id)
    for event_rule in template.of_type("Events::Rule"):
        for row in template.get(event_rule.properties, "Targets"):
            yield from _without_role(template, event_rule, row)


def _deliveries(template: Resolved) -> Iterator[tuple[Resource, str, str]]:
    """Who sends, which service delivers, and the resource of the template that it goes to."""
    yield from _by_rules(template)
    for kinds, names, service in _SENDERS:
        for sender in template.of_type(*kinds):
            for name in names:
                for target in template.referenced(sender.properties.get(name)):
                    yield sender, service, target
    for bucket in template.of_type("S3::Bucket"):
        notified = bucket.properties.get("NotificationConfiguration")
        for name, part in template.walk(notified):
            if name in ("Queue", "Topic", "Function"):
                for target in template.referenced(part):
                    yield bucket, "s3.amazonaws.com", target


def _by_rules(template: Resolved) -> Iterator[tuple[Resource, str, str]]:
    for rule in template.of_type("Events::Rule"):
        for row in template.get(rule.properties, "Targets"):
            goals = [row.get("DeadLetterConfig", {}).get("Arn")]
            if "RoleArn" not in row:
                goals.append(row.get("Arn"))
            for target in template.referenced([goal for goal in goals if goal]):
                yield rule, "events.amazonaws.com", target


def _complaints(
    template: Resolved, sender: Resource, service: str, target: str
) -> Iterator[tuple[str, str]]:
    resource = template.resources[target]
    if resource.type not in _ADMITS:
        return
    kind, name, action = _ADMITS[resource.type]
    admitting = [
        owner
        for owner in template.of_type(kind)
        if target in template.referenced(owner.properties.get(name))
    ]
    # An alarm's own account may publish to a topic that has no policy of its own.
    owned = service == "cloudwatch.amazonaws.com" and not admitting
    if not owned and not any(
        _admits(template, owner, service, action, sender) for owner in admitting
    ):
        yield (
            "TARGET_NOT_ADMITTED",
            f"{target} admits no {action} by {service} from here, so that what is sent is dropped:"
            f" say so in its {kind.rpartition('::')[2]}",
        )
    key_id = resource.properties.get("KmsMasterKeyId")
    for key in template.referenced(key_id):
        if template.resources[key].type == "AWS::KMS::Key" and not any(
            ("Service", service) in policies.principals(template, statement.body)
            for statement in policies.statements(template)
            if statement.resource.logical_id == key
        ):
            yield (
                "KEY_NOT_ADMITTED",
                f"{target} is under {key}, whose policy admits no {service}, so that what is sent"
                " is dropped: admit it in the key policy",
            )
    if key_id and any("alias/aws/" in text for text in template.texts(key_id)):
        yield (
            "KEY_NOT_ADMITTED",
            f"{target} is under AWS's own key, which admits no {service}: use a key of your own",
        )


def _admits(
    template: Resolved, owner: Resource, service: str, action: str, sender: Resource
) -> bool:
    if owner.type == "AWS::Lambda::Permission":
        body: Mapping[str, Any] = {
            "Principal": {"Service": owner.properties.get("Principal")},
            "Action": owner.properties.get("Action"),
            "Condition": {"ArnLike": {"aws:SourceArn": owner.properties.get("SourceArn", "*")}},
        }
        return _allows(template, body, service, action, sender)
    return any(
        _allows(template, statement.body, service, action, sender)
        for statement in policies.statements(template)
        if statement.resource.logical_id == owner.logical_id
    )


def _allows(
    template: Resolved, body: Mapping[str, Any], service: str, action: str, sender: Resource
) -> bool:
    sources = [
        value
        for key, values in policies.conditions(template, body)
        if key == "aws:sourcearn"
        for value in values
    ]
    # `${Rule.Arn}`: of a source that is another resource of the template, nothing comes from here.
    elsewhere = sources and not any(
        f"${{{sender.logical_id}" in source
        or "${" not in source.replace("${AWS::", "")
        or source.startswith("arn:")
        for source in sources
    )
    return (
        ("Service", service) in policies.principals(template, body)
        and any(
            fnmatchcase(action.lower(), name.lower()) for name in policies.actions(template, body)
        )
        and not elsewhere
    )


def _without_role(
    template: Resolved, rule: Resource, target: Mapping[str, Any]
) -> Iterator[Finding]:
    """Targets other than functions, queues, topics and log groups act under a role of the rule."""
    # docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html, read 2026-11-28
    for name in template.referenced(target.get("Arn")):
        kind = template.resources[name].type
        if "RoleArn" not in target and kind in _NEEDS_ROLE:
            yield Finding(
                "TARGET_WITHOUT_ROLE",
                f"EventBridge reaches {name} under a role only: set the target's RoleArn.",
                rule.logical_id,
            )


_NEEDS_ROLE = {
    "AWS::StepFunctions::StateMachine", "AWS::Kinesis::Stream", "AWS::ECS::Cluster",
    "AWS::KinesisFirehose::DeliveryStream", "AWS::Batch::JobQueue", "AWS::CodeBuild::Project",
    "AWS::Glue::Workflow", "AWS::SageMaker::Pipeline", "AWS::Events::ApiDestination",
}  # fmt: skip
