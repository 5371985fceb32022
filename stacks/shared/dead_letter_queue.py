"""What keeps messages that could not be delivered, and tells that it has some."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.shared import gate
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import Alarm

_RUNBOOK = (
    "A rule or a schedule could not deliver, and nothing will try again. The attributes of the"
    " queue's messages say to what and why. Put that right, start the target by hand with the"
    " message's body, then delete the message."
)


class DeadLetterQueue(sqs.Queue):
    """Keeps for two weeks what could not be delivered: by a rule, or also `of_a_queue`.

    An alarm tells that it is not empty; `runbook` says what to do with what it holds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        of_a_queue: bool = False,
        runbook: str = _RUNBOOK,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=foundation.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        if not of_a_queue:  # where a queue names it, cdk-nag sees for itself what it is
            gate.acknowledge(
                self,
                {"AwsSolutions::AwsSolutions-SQS3": "this is itself the queue for dead letters"},
            )
        self.messages = self.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(5)
        )
        """How many it holds."""
        Alarm(self, "NotEmpty", self.messages, topic=foundation.topic, runbook=runbook, above=0)

    def admit(self, rule: events.CfnRule) -> None:
        """Let EventBridge leave here what `rule` could not deliver."""
        admit_rule(self, rule)


def admit_rule(queue: sqs.IQueue, rule: events.CfnRule) -> None:
    """Let EventBridge put into `queue` what it has on behalf of `rule`."""
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        )
    )
