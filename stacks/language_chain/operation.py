"""What a person must act on: alarms to one topic, and a budget.

Runbook, an alarm a line:

- failed documents: the table `documents` says which and why, the outbox's `quarantine/` holds a
  reference to each; mend the cause and upload it again, the document itself is where it was
- timed out documents: a document took more than a day; look at its execution for what it waits for
- undelivered uploads: the function that receives them could not be started for a day; the queue
  holds the events
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class Operation(Construct):
    """Alarms on what fails, what takes too long and what was never received (DP-11)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        chain: sfn.IStateMachine,
        undelivered: sqs.IQueue,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        period = Duration.minutes(5)
        watched = {
            "Failed": chain.metric_failed(period=period),
            "TimedOut": chain.metric_timed_out(period=period),
            "Undelivered": undelivered.metric_approximate_number_of_messages_visible(period=period),
        }
        for name, metric in watched.items():
            alarm = metric.create_alarm(
                self,
                name,
                threshold=1,
                evaluation_periods=1,
                comparison_operator=(
                    cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
                ),
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(topic))
