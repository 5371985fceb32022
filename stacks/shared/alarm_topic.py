"""Where alarms and notices go."""

from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.environments import Environment


class AlarmTopic(sns.Topic):
    """The topic of an architecture's alarms, read by mail if the environment names an address.

    Logs and traces tell what happened to whoever looks; this one tells without being asked (SE-02).
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, environment: Environment
    ) -> None:
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        if environment.alarm_email:
            self.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
        same_account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        for publisher in ("cloudwatch", "budgets"):
            _admit_publisher(self, publisher, same_account)


def admit_rules(topic: sns.ITopic) -> None:
    """Let EventBridge publish to `topic` what rules send there.

    EventBridge does not tell SNS for whom it publishes: a condition would silently drop every
    notice. What another account could do with it is send us a false one.
    """
    _admit_publisher(topic, "events", None)


def _admit_publisher(
    topic: sns.ITopic, publisher: str, conditions: Mapping[str, object] | None
) -> None:
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"{publisher}.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )
