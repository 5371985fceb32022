"""What a person must act on: alarms to one topic, the picture on one dashboard (DP-11, SE-06).

Runbook, an alarm a line; the table `documents` knows every document, by its status:

- quarantined: documents have failed; `reason` in their rows says why, `quarantine/` in the outbox
  holds a reference to each. Mend the cause, then run the command that the stack puts out as
  `RedriveCommand`; the documents are where they were
- failed, timed out: the same, as executions; one that timed out took a day, look what it waits for
- slow: a document has been running for longer than a recording may take; look at its execution
- throttled: Translate, Comprehend or Lambda refuse calls; fewer `documents_at_once`, or ask for a
  higher quota and raise `calls_a_second`
- intake: the function that lets documents in fails; its log says on what, and the messages wait
- undelivered: messages that failed five times; mend the cause, and move them back from the queue
"""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from environments import Environment
from stacks.language_chain.chain import Chain
from stacks.language_chain.intake import NAMESPACE, Intake
from stacks.language_chain.part import Part

_PERIOD = Duration.minutes(5)
Metrics = Mapping[str, cloudwatch.Metric]


class Operation(Construct):
    """Alarms on what fails, lasts, is throttled or was never received, and one dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        intake: Intake,
        chain: Chain,
        part: Part,
        topic: sns.ITopic,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic, self._name = topic, name
        workflow, parts = chain.state_machine, part.state_machine
        functions = {"Admit": intake.function, "Split": chain.split, "Merge": chain.merge}
        documents = {each: self._counted(f"{each}Documents") for each in _COUNTED}
        ages = {each: self._counted(f"Oldest{each}") for each in ("Waiting", "Running")}
        ended = {
            "Succeeded": workflow.metric_succeeded(period=_PERIOD),
            "Failed": workflow.metric_failed(period=_PERIOD),
            "TimedOut": workflow.metric_timed_out(period=_PERIOD),
        }
        throttles = {
            "TranslateThrottled": _throttled("AWS/Translate", {"Operation": "TranslateText"}),
            **{
                f"{each}Throttled": function.metric_throttles(period=_PERIOD)
                for each, function in functions.items()
            },
            # Comprehend tells nobody of its throttles: a part that runs out of tries fails.
            "PartsFailed": parts.metric_failed(period=_PERIOD),
            "PartsTimedOut": parts.metric_timed_out(period=_PERIOD),
        }
        undelivered = intake.undelivered.metric_approximate_number_of_messages_visible(
            period=_PERIOD
        )
        self._alarm("Quarantined", documents["Failed"])
        self._alarm("Failed", ended["Failed"])
        self._alarm("TimedOut", ended["TimedOut"])
        longest_hours = environment.language_chain.transcription_hours + 1
        self._alarm("Slow", ages["Running"], above=longest_hours * 3600)
        for each, metric in throttles.items():
            self._alarm(each, metric)
        self._alarm("Intake", intake.function.metric_errors(period=_PERIOD))
        self._alarm("Undelivered", undelivered)
        self._show(
            {
                "Documents": documents,
                "Age of the oldest, seconds": ages,
                "Executions": ended,
                "Throttles and failed parts": throttles,
                "Errors of functions": {
                    each: function.metric_errors(period=_PERIOD)
                    for each, function in functions.items()
                },
                "Undelivered messages": {"Undelivered": undelivered},
            }
        )

    def _counted(self, name: str) -> cloudwatch.Metric:
        """What the sweep of `lambdas/admit_documents` counts."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"service": self._name},
            statistic="Maximum",
            period=_PERIOD,
        )

    def _alarm(self, name: str, metric: cloudwatch.IMetric, *, above: float = 0) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        alarm.add_ok_action(actions.SnsAction(self._topic))

    def _show(self, rows: Mapping[str, Metrics]) -> None:
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self._name)
        for title, metrics in rows.items():
            labelled = [metric.with_(label=label) for label, metric in metrics.items()]
            dashboard.add_widgets(cloudwatch.GraphWidget(title=title, left=labelled, width=12))


_COUNTED = ("Waiting", "Running", "Failed")


def _throttled(namespace: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name="ThrottledCount",
        dimensions_map=dimensions,
        statistic="Sum",
        period=_PERIOD,
    )
