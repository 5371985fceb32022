"""What a person must act on: alarms to one topic, the picture on one dashboard, a budget.

What to do stands in each alarm's description, so that it comes with the mail that tells of it. A
run of the job that fails is told by Glue's own event, with the run's id; running it again is safe.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from cdk_monitoring_constructs import (
    AlarmFactoryDefaults,
    CustomMetricGroup,
    CustomMetricWithAlarm,
    CustomThreshold,
    DefaultDashboardFactory,
    ErrorCountThreshold,
    MaxIteratorAgeThreshold,
    MonitoringFacade,
    RecordsThrottledThreshold,
    SnsAlarmActionStrategy,
)
from constructs import Construct

from stacks.environments import Environment
from stacks.shared.alarm_topic import AlarmTopic, DeadLetterQueue
from stacks.shared.monthly_budget import MonthlyBudget
from stacks.streaming_lake.curation import Curation
from stacks.streaming_lake.delivery import Delivery
from stacks.streaming_lake.ingestion import Ingestion
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.transformation import NAMESPACE, SERVICE, Transformation


class Operation(Construct):
    """Alarms, dashboard, failure notices and budget of the lake (DP-11, SE-26)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = AlarmTopic(self, "Alarms", key=key, environment=environment)
        self._key = key
        self._monitoring = MonitoringFacade(
            self,
            "Monitoring",
            alarm_factory_defaults=AlarmFactoryDefaults(
                # Alarms are read in a mail, where the console's context is missing.
                alarm_name_prefix=name,
                actions_enabled=True,
                action=SnsAlarmActionStrategy(on_alarm_topic=self.topic, on_ok_topic=self.topic),
            ),
            dashboard_factory=DefaultDashboardFactory(
                self, "Dashboards", dashboard_name_prefix=name
            ),
        )
        budget_usd = environment.settings(StreamingLakeSettings).budget_usd
        if budget_usd:
            MonthlyBudget(self, "Budget", usd=budget_usd, topic=self.topic)

    def watch_stream(self, ingestion: Ingestion, retention_hours: int) -> None:
        """Alarm when Firehose falls behind, and when producers are held back."""
        behind = Duration.hours(retention_hours).to_milliseconds() / 4
        self._monitoring.monitor_kinesis_data_stream(
            stream_name=ingestion.stream.stream_name,
            human_readable_name="Flight events",
            alarm_friendly_name="Stream",
            add_iterator_max_age_alarm={
                # A quarter of the retention gone: time enough to mend it before anything is lost.
                "Behind": MaxIteratorAgeThreshold(
                    max_age_in_millis=behind,
                    alarm_description_override="Firehose falls behind; after the retention the"
                    " oldest events are lost. Look for throttled reads, and at the delivery log.",
                )
            },
            add_write_provisioned_throughput_exceeded_alarm={
                "Throttled": RecordsThrottledThreshold(
                    max_records_throttled_threshold=0,
                    alarm_description_override="Producers send more than the shards take. Raise"
                    " shards, or go on demand.",
                )
            },
        )

    def watch_transform(self, transform: Transformation) -> None:
        """Alarm when the transform fails, and when it turns more than 5 % of the lines away."""
        self._monitoring.monitor_lambda_function(
            lambda_function=transform,
            human_readable_name="Transform",
            alarm_friendly_name="Transform",
            add_fault_count_alarm={
                "Failing": ErrorCountThreshold(
                    max_error_count=0,
                    alarm_description_override="The transform raises. Its log says why; Firehose"
                    " is sending the batches again.",
                )
            },
        )
        lines = {name: _transform_metric(name) for name in ("AcceptedLines", "RejectedLines")}
        share = cloudwatch.MathExpression(
            expression="100 * rejected / (rejected + accepted)",
            using_metrics={"accepted": lines["AcceptedLines"], "rejected": lines["RejectedLines"]},
            label="Rejected lines, %",
            period=Duration.minutes(5),
        )
        self._monitoring.monitor_custom(
            human_readable_name="Lines",
            alarm_friendly_name="Lines",
            metric_groups=[
                CustomMetricGroup(title="Lines", metrics=[*lines.values()]),
                CustomMetricGroup(
                    title="Rejected share",
                    metrics=[
                        _alarm(
                            share,
                            "RejectedShare",
                            "Rejected",
                            above=5,
                            what_to_do="Producers have changed what they send. The lake's"
                            " `rejected/` holds the lines and the reasons.",
                        )
                    ],
                ),
            ],
        )

    def watch_delivery(self, delivery: Delivery, buffer_seconds: int) -> None:
        """Alarm when the oldest undelivered record is much older than the buffer explains."""
        stream_name = delivery.delivery_stream.ref
        freshness = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": stream_name},
            statistic="Maximum",
            period=Duration.minutes(5),
        )
        self._monitoring.monitor_kinesis_firehose(
            delivery_stream_name=stream_name,
            human_readable_name="Delivery",
            alarm_friendly_name="Delivery",
            is_data_format_conversion_enabled=True,
        )
        # Two full buffers and ten minutes of retries are normal; more is not.
        late = 2 * buffer_seconds + 600
        self._monitoring.monitor_custom(
            human_readable_name="Freshness",
            alarm_friendly_name="Freshness",
            metric_groups=[
                CustomMetricGroup(
                    title="Delivery freshness",
                    metrics=[
                        _alarm(
                            freshness,
                            "Freshness",
                            "Stale",
                            above=late,
                            what_to_do="Nothing has landed for longer than two buffers and ten"
                            " minutes of retries. The delivery log says why.",
                        )
                    ],
                )
            ],
        )

    def watch_curation(self, curation: Curation) -> None:
        """Tell the topic of every run of the job that fails, times out or is stopped."""
        undelivered = DeadLetterQueue(self, "Undelivered", key=self._key)
        # L1: the L2's target would open topic and key once more, with wildcards.
        rule = events.CfnRule(
            self,
            "JobFailure",
            description="A run of the curation job did not succeed",
            event_pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {
                    "jobName": [curation.job.ref],
                    "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Alarms",
                    arn=self.topic.topic_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=undelivered.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=8, maximum_event_age_in_seconds=6 * 3600
                    ),
                )
            ],
        )
        undelivered.admit(rule)
        # The library's own monitoring of Glue jobs cannot take a name that is a token.
        self._monitoring.monitor_custom(
            human_readable_name="Curation",
            alarm_friendly_name="Curation",
            metric_groups=[
                CustomMetricGroup(
                    title="Spark tasks",
                    metrics=[
                        _job_metric(curation, f"num{what}Tasks") for what in ("Completed", "Failed")
                    ],
                )
            ],
        )


def _transform_metric(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def _job_metric(curation: Curation, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Glue",
        metric_name=f"glue.driver.aggregate.{name}",
        dimensions_map={"JobName": curation.job.ref, "JobRunId": "ALL", "Type": "count"},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def _alarm(
    metric: cloudwatch.Metric | cloudwatch.MathExpression,
    friendly_name: str,
    disambiguator: str,
    *,
    above: float,
    what_to_do: str,
) -> CustomMetricWithAlarm:
    return CustomMetricWithAlarm(
        metric=metric,
        alarm_friendly_name=friendly_name,
        add_alarm={
            disambiguator: CustomThreshold(
                threshold=above,
                alarm_description_override=what_to_do,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            )
        },
    )
