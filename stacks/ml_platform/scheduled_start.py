"""A schedule that starts a workflow with an empty input."""

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.service_role import ServiceRole


def start_on_schedule(
    scope: Construct,
    workflow: AslStateMachine,
    expression: str,
    *,
    key: kms.IKey,
    undelivered: DeadLetterQueue,
    description: str,
) -> None:
    """Start `workflow` by `expression`, cron(...) or rate(...); what fails waits in `undelivered`.

    Adds the constructs `Schedule` and `ScheduleRole` to `scope`.
    """
    role = ServiceRole(scope, "ScheduleRole", "scheduler", confused_deputy_guard=True)
    role.allow("Train", ["states:StartExecution"], workflow.state_machine_arn)
    role.allow("KeepWhatFailed", ["sqs:SendMessage"], undelivered.queue_arn)
    role.allow_key("EncryptWhatFailed", key, "sqs")
    # EventBridge Scheduler decrypts the schedule's input under this role:
    # docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html
    schedules = Stack.of(scope).format_arn(
        service="scheduler", resource="schedule", resource_name="default/*"
    )
    role.allow(
        "DecryptItsInput",
        ["kms:Decrypt"],
        key.key_arn,
        conditions={"ArnLike": {"kms:EncryptionContext:aws:scheduler:schedule:arn": schedules}},
    )
    scheduler.CfnSchedule(
        scope,
        "Schedule",
        description=description,
        schedule_expression=expression,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
            mode="FLEXIBLE", maximum_window_in_minutes=15
        ),
        kms_key_arn=key.key_arn,
        target=scheduler.CfnSchedule.TargetProperty(
            arn=workflow.state_machine_arn,
            role_arn=role.role_arn,
            input="{}",
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                arn=undelivered.queue_arn
            ),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_retry_attempts=8, maximum_event_age_in_seconds=6 * 3600
            ),
        ),
    )
