"""The schedule of the workflows that judge predictions and forecasts, once a day."""

from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.service_role import ServiceRole


def judge_daily(
    scope: Construct,
    workflow: AslStateMachine,
    *,
    foundation: PlatformFoundation,
    description: str,
    at: str,
) -> None:
    """Start `workflow` every day at the minute and hour `at`, UTC, as cron has them: `30 5`."""
    undelivered = DeadLetterQueue(scope, "Undelivered", foundation=foundation)
    role = ServiceRole(scope, "ScheduleRole", "events", confused_deputy_guard=True)
    role.allow("Judge", ["states:StartExecution"], workflow.state_machine_arn)
    EventRule(
        scope,
        "Daily",
        description=description,
        schedule=f"cron({at} * * ? *)",
        target=RuleTarget("Judge", workflow.state_machine_arn, undelivered, role=role, input="{}"),
    )
