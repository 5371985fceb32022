"""Alarms and the dashboard of an architecture, in one shape."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from cdk_monitoring_constructs import (
    AlarmFactoryDefaults,
    CustomMetricGroup,
    DefaultDashboardFactory,
    MonitoringFacade,
    SnsAlarmActionStrategy,
)
from constructs import Construct

from stacks.shared.foundation import Foundation

Metric = cloudwatch.Metric | cloudwatch.MathExpression


class Alarm(cloudwatch.Alarm):
    """An alarm that notifies the topic when it goes off and when it is over.

    `runbook` says what to do, and comes with the notification. The alarm goes off when `metric` is
    above `above` in `periods` evaluation periods; missing data is no breach.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        metric: cloudwatch.IMetric,
        *,
        topic: sns.ITopic,
        runbook: str,
        above: float,
        periods: int = 1,
        datapoints: int | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            metric=metric,
            alarm_description=runbook,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify(self, topic)


def notify(alarm: cloudwatch.Alarm, topic: sns.ITopic) -> None:
    """Notify `topic` when `alarm` goes off and when it is over."""
    alarm.add_alarm_action(actions.SnsAction(topic))
    alarm.add_ok_action(actions.SnsAction(topic))


class AlarmOnAny(Alarm):
    """An alarm on the sum of several counts, each of which is missing while there is none."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        counts: Mapping[str, cloudwatch.IMetric],
        *,
        topic: sns.ITopic,
        runbook: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            cloudwatch.MathExpression(
                expression=" + ".join(f"FILL({name}, 0)" for name in counts),
                using_metrics=counts,
                label=" + ".join(counts),
                period=Duration.minutes(5),
            ),
            topic=topic,
            runbook=runbook,
            above=0,
        )


class Monitoring(Construct):
    """An architecture's dashboard and alarms (DP-11).

    `facade` is the monitoring library's, for resources that it knows; `name` begins the names of
    the dashboard and of the library's alarms. Dashboards of all Regions share their names, hence
    the Region in it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, name: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = foundation.topic
        self.facade = MonitoringFacade(
            self,
            "Monitoring",
            alarm_factory_defaults=AlarmFactoryDefaults(
                # Notifications are read in a mail, where the console's context is missing.
                alarm_name_prefix=name,
                actions_enabled=True,
                action=SnsAlarmActionStrategy(on_alarm_topic=self.topic, on_ok_topic=self.topic),
            ),
            dashboard_factory=DefaultDashboardFactory(
                self, "Dashboards", dashboard_name_prefix=f"{name}-{Aws.REGION}"
            ),
        )

    def alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        *,
        runbook: str,
        above: float = 0,
        periods: int = 1,
    ) -> Alarm:
        """Add an `Alarm` that notifies the architecture's topic."""
        return Alarm(
            self,
            construct_id,
            metric,
            topic=self.topic,
            runbook=runbook,
            above=above,
            periods=periods,
        )

    def heartbeat(
        self, construct_id: str, metric: cloudwatch.Metric, *, runbook: str, periods: int
    ) -> None:
        """Add an alarm that goes off when `metric` has no data in `periods` periods.

        What is missing from before the deployment breaches, too, so the alarm may be on until the
        first datapoint; not tried in an account (docs.aws.amazon.com/AmazonCloudWatch/latest/
        monitoring/alarms-and-missing-data.html).
        """
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric.with_(statistic="SampleCount"),
            alarm_description=runbook,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        notify(alarm, self.topic)

    def show(self, title: str, graphs: Mapping[str, Sequence[Metric]]) -> None:
        """Add a section to the dashboard: title of a graph -> its metrics."""
        self.facade.monitor_custom(
            human_readable_name=title,
            alarm_friendly_name=title.title().replace(" ", ""),
            metric_groups=[
                CustomMetricGroup(title=graph, metrics=list(metrics))
                for graph, metrics in graphs.items()
            ],
        )
