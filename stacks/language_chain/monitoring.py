"""What a person must act on: alarms to one topic, the picture on one dashboard (DP-11, SE-06).

What to do stands in each alarm's description, so that it comes with the mail that tells of it.
"""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.environments import Environment
from stacks.language_chain.chain import Chain
from stacks.language_chain.intake import NAMESPACE, Intake
from stacks.language_chain.part import Part
from stacks.language_chain.settings import LanguageChainSettings

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
        longest_hours = environment.settings(LanguageChainSettings).transcription_hours + 1
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
        """What the sweep of `lambdas/language_chain/admit_documents` counts."""
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
            alarm_description=_WHAT_TO_DO[name],
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
_TOO_FAST = "Set fewer documents_at_once, or ask for a higher quota and raise calls_a_second."
_LOST_PARTS = (
    "Comprehend or Translate went on refusing until the tries of a document's part ran out; its"
    " execution says which. " + _TOO_FAST
)
_WHAT_TO_DO = {
    "Quarantined": "Documents have failed. Their rows in the table of documents say why, under"
    " `reason`. Mend the cause, then run the stack's RedriveCommand: the documents are where they"
    " were.",
    "Failed": "An execution failed. Its document is quarantined, and its row in the table of"
    " documents says why; mend the cause and run the stack's RedriveCommand.",
    "TimedOut": "An execution took a day. Look in its history at what it waits for, then run the"
    " stack's RedriveCommand.",
    "Slow": "A document has been running for longer than a recording may take. Look at its"
    " execution, which its row in the table of documents names.",
    "TranslateThrottled": "Translate refuses calls. " + _TOO_FAST,
    "AdmitThrottled": "Lambda refuses to start the intake: the account has too few functions at"
    " once. Nothing is lost, the messages wait. Set fewer documents_at_once, or ask for more.",
    "SplitThrottled": "Lambda refuses to start the split: the account has too few functions at"
    " once. Set fewer documents_at_once, or ask for more.",
    "MergeThrottled": "Lambda refuses to start the merge: the account has too few functions at"
    " once. Set fewer documents_at_once, or ask for more.",
    "PartsFailed": _LOST_PARTS,
    "PartsTimedOut": _LOST_PARTS,
    "Intake": "The function that lets documents in fails; its log says on what. The messages wait,"
    " and are tried again.",
    "Undelivered": "Messages have failed five times. Mend what the intake's log tells of, then move"
    " them back from the queue of undelivered ones.",
}


def _throttled(namespace: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name="ThrottledCount",
        dimensions_map=dimensions,
        statistic="Sum",
        period=_PERIOD,
    )
