"""Alarms and dashboard (DP-11, SE-06).

The runbook of each alarm is in its description, so that it comes with the notification.
"""

from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.language_chain.chain import Chain
from stacks.language_chain.intake import NAMESPACE, Intake
from stacks.language_chain.part import Part
from stacks.language_chain.read import Read
from stacks.language_chain.settings import LanguageChainSettings
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import Metric, Monitoring

_PERIOD = Duration.minutes(5)
_LOWER_RATE = (
    "Others use the account's quota, too, or it is lower than the setting: lower"
    " translate_calls_a_second, or request a higher quota."
)
_RUNBOOKS = {
    "Silent": "The five-minute check of the intake has not reported for 15 minutes. Its log, the"
    " rule Sweep, the queue's policy and the event source mapping show where it stops; the alarm is"
    " on for the first minutes after a deployment, too.",
    "MessagesWait": "The queue holds a message that is older than 15 minutes. The intake function"
    " is throttled or fails, or its event source mapping is disabled; its log says which.",
    "DocumentsWait": "A document waits for its turn for longer than `waiting_hours`. Raise"
    " documents_at_once, or recordings_at_once for recordings, and the calls a second, if the"
    " account's quotas allow it. The dashboard has the number of waiting documents.",
    "Slow": "A document is in process for longer than a recording may take. Its item in the"
    " documents table names the execution.",
    "TranslateThrottled": f"Translate throttles requests. {_LOWER_RATE}",
}


class ChainMonitoring(Monitoring):
    """Alarms on the intake, on documents and on Translate, and one dashboard.

    Functions, workflows and the dead-letter queue have their own alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        intake: Intake,
        chain: Chain,
        read: Read,
        part: Part,
    ) -> None:
        name = Stack.of(scope).stack_name
        super().__init__(scope, construct_id, foundation=foundation, name=name)
        workflow = chain.state_machine
        functions = {
            "Admit": intake.function,
            "Split": read.split,
            "Search": part.search,
            "Merge": read.merge,
        }
        documents = {
            status: _intake_metric(name, f"{status}Documents")
            for status in ("Waiting", "Running", "Failed")
        }
        ages = {
            status: _intake_metric(name, f"Oldest{status}") for status in ("Waiting", "Running")
        }
        executions = {
            "Succeeded": workflow.metric_succeeded(period=_PERIOD),
            "Failed": workflow.metric_failed(period=_PERIOD),
            "TimedOut": workflow.metric_timed_out(period=_PERIOD),
        }
        throttles = {
            f"{function_name}Throttled": function.metric_throttles(period=_PERIOD)
            for function_name, function in functions.items()
        }
        # Comprehend publishes no metric of throttling: a part whose retries run out fails.
        failed_parts = {
            "PartsFailed": read.parts.metric_failed(period=_PERIOD),
            "PartsTimedOut": read.parts.metric_timed_out(period=_PERIOD),
        }
        settings = foundation.environment.settings(LanguageChainSettings)
        translate_throttled = _translate_throttled()
        message_age = intake.queue.metric_approximate_age_of_oldest_message(
            period=_PERIOD, statistic="Maximum"
        )
        for alarm_name, metric, above in (
            ("TranslateThrottled", translate_throttled, 0),
            ("MessagesWait", message_age, 900),
            ("DocumentsWait", ages["Waiting"], settings.waiting_hours * 3600),
        ):
            self.alarm(alarm_name, metric, runbook=_RUNBOOKS[alarm_name], above=above)
        self.heartbeat("Silent", documents["Running"], runbook=_RUNBOOKS["Silent"], periods=3)
        # A recording may take `transcription_hours`, and an hour for everything else.
        longest_seconds = (settings.transcription_hours + 1) * 3600
        self.alarm("Slow", ages["Running"], runbook=_RUNBOOKS["Slow"], above=longest_seconds)
        graphs: dict[str, Mapping[str, cloudwatch.Metric]] = {
            "Documents": documents,
            "Age of the oldest, seconds": {**ages, "Message": message_age},
            "Uploads without an event": {"Unannounced": _intake_metric(name, "UnannouncedUploads")},
            "Executions": executions,
            "Throttles and failed parts": {
                "TranslateThrottled": translate_throttled,
                **throttles,
                **failed_parts,
            },
            "Errors of functions": {
                function_name: function.metric_errors(period=_PERIOD)
                for function_name, function in functions.items()
            },
            "Dead letters": {"Undelivered": intake.undelivered.messages},
        }
        self.show("Documents", {title: _labelled(metrics) for title, metrics in graphs.items()})


def _labelled(metrics: Mapping[str, cloudwatch.Metric]) -> list[Metric]:
    return [metric.with_(label=label) for label, metric in metrics.items()]


def _intake_metric(service: str, metric_name: str) -> cloudwatch.Metric:
    """A metric that the scheduled run of `lambdas/language_chain/admit_documents` publishes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric_name,
        dimensions_map={"service": service},
        statistic="Maximum",
        period=_PERIOD,
    )


def _translate_throttled() -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Translate",
        metric_name="ThrottledCount",
        dimensions_map={"Operation": "TranslateText"},
        statistic="Sum",
        period=_PERIOD,
    )
