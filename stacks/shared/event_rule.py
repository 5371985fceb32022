"""An EventBridge rule with one target, retries and a dead-letter queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.service_role import ServiceRole


@dataclass(frozen=True)
class RuleTarget:
    """Where a rule sends its events, and how often EventBridge tries."""

    id: str
    arn: str
    dead_letters: DeadLetterQueue
    # Step Functions is called under a role; SNS, SQS and Lambda have resource policies.
    role: ServiceRole | None = None
    # Sent instead of the event.
    input: str | None = None
    attempts: int = 8
    max_age_hours: int = 6


class EventRule(events.CfnRule):
    """A rule for events of `pattern`, or on `schedule`; what fails goes to the dead-letter queue.

    L1, because the L2's targets widen the policies of topic, queue and key with wildcards.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        target: RuleTarget,
        pattern: Mapping[str, Any] | None = None,
        schedule: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=description,
            event_pattern=pattern,
            schedule_expression=schedule,
            targets=[
                events.CfnRule.TargetProperty(
                    id=target.id,
                    arn=target.arn,
                    role_arn=target.role.role_arn if target.role else None,
                    input=target.input,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=target.dead_letters.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=target.attempts,
                        maximum_event_age_in_seconds=target.max_age_hours * 3600,
                    ),
                )
            ],
        )
        target.dead_letters.admit(self)
