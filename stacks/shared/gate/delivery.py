"""Events, notifications and messages that AWS would drop or a deploy would refuse."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stacks.shared.gate import policies
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved, Resource

RULES = ("TARGET_NOT_ADMITTED", "TARGET_WITHOUT_ROLE", "KEY_NOT_ADMITTED", "BATCH_WINDOW")
RULES = (*RULES, "SUBSCRIPTION_IN_CLEAR")

# Target -> the type that admits it, the property that names the target, and the action.
_ADMITS = {
    "AWS::SQS::Queue": ("SQS::QueuePolicy", "Queues", "sqs:SendMessage"),
    "AWS::SNS::Topic": ("SNS::TopicPolicy", "Topics", "sns:Publish"),
    "AWS::Lambda::Function": ("Lambda::Permission", "FunctionName", "lambda:InvokeFunction"),
}
_LARGEST_BATCH = 10  # of a queue, without a window


def findings(template: Resolved) -> Iterator[Finding]:
    """What would be dropped or refused."""
    for sender, service, target in _deliveries(template):
        for rule, sentence in dict.fromkeys(_complaints(template, sender, service, target)):
            yield Finding(rule, f"{sentence}.", sender.logical_id)
    for rule in template.of_type("Events::Rule"):
        for target in template.get(rule.properties, "Targets"):
            yield from _without_role(template, rule, target)
    yield from _batches(template)
    yield from _subscriptions(template)


def _deliveries(template: Resolved) -> Iterator[tuple[Resource, str, str]]:
    """Who sends, which service delivers, and the resource of the template that it goes to."""
    for rule in template.of_type("Events::Rule"):
        for target in template.get(rule.properties, "Targets"):
            goals = [target.get("DeadLetterConfig", {}).get("Arn")]
            if "RoleArn" not in target:
                goals.append(target.get("Arn"))
            for name in template.referenced([goal for goal in goals if goal]):
                yield rule, "events.amazonaws.com", name
    for alarm in template.of_type("CloudWatch::Alarm", "CloudWatch::CompositeAlarm"):
        for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            for name in template.referenced(alarm.properties.get(kind)):
                yield alarm, "cloudwatch.amazonaws.com", name
    for subscription in template.of_type("SNS::Subscription"):
        for name in template.referenced(subscription.properties.get("Endpoint")):
            yield subscription, "sns.amazonaws.com", name
    for bucket in template.of_type("S3::Bucket"):
        for goals in template.get(bucket.properties, "NotificationConfiguration"):
            for _, part in template.walk(goals):
                for goal in ("Queue", "Topic", "Function"):
                    if isinstance(part, Mapping) and goal in part:
                        for name in template.referenced(part[goal]):
                            yield bucket, "s3.amazonaws.com", name


def _complaints(
    template: Resolved, sender: Resource, service: str, target: str
) -> Iterator[tuple[str, str]]:
    resource = template.resources[target]
    if resource.type not in _ADMITS:
        return
    kind, name, action = _ADMITS[resource.type]
    admitting = [
        owner for owner in template.of_type(kind) if target in template.referenced(owner.properties.get(name))
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
                f"{target} is under {key}, whose policy admits no {service}: what is sent is dropped",
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
        f"${{{sender.logical_id}" in source or "${" not in source.replace("${AWS::", "")
        or source.startswith("arn:")
        for source in sources
    )
    return (
        ("Service", service) in policies.principals(template, body)
        and any(fnmatchcase(action.lower(), name.lower()) for name in policies.actions(template, body))
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


def _batches(template: Resolved) -> Iterator[Finding]:
    """docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, read on 2026-11-28."""
    for mapping in template.of_type("Lambda::EventSourceMapping"):
        sizes = template.texts(mapping.properties.get("BatchSize"))
        windows = template.texts(mapping.properties.get("MaximumBatchingWindowInSeconds", 0))
        sources = template.referenced(mapping.properties.get("EventSourceArn"))
        queues = {name for name in sources if template.resources[name].type == "AWS::SQS::Queue"}
        of_a_queue = queues or any(
            ":sqs:" in text for text in template.texts(mapping.properties.get("EventSourceArn"))
        )
        large = any(text.isdigit() and int(text) > _LARGEST_BATCH for text in sizes)
        if of_a_queue and large and "0" in windows:
            yield Finding(
                "BATCH_WINDOW",
                "Lambda refuses more than 10 messages of a queue at once without a window: set"
                " MaximumBatchingWindowInSeconds to 1 or more.",
                mapping.logical_id,
            )


def _subscriptions(template: Resolved) -> Iterator[Finding]:
    for owner in template.of_type("SNS::Subscription", "SNS::Topic"):
        rows = [owner.properties, *template.get(owner.properties, "Subscription")]
        for row in rows:
            protocols = template.texts(row.get("Protocol"))
            endpoints = template.texts(row.get("Endpoint"))
            if "http" in protocols or any(text.startswith("http://") for text in endpoints):
                yield Finding(
                    "SUBSCRIPTION_IN_CLEAR",
                    "The subscription sends messages in clear text over http: use https.",
                    owner.logical_id,
                )
