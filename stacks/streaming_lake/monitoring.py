"""Alarms, dashboard and failure notifications.

The runbook of each alarm is in its description, so that it comes with the notification. A failed
run of the curation job is announced by Glue's own event, with the run's id; running it again is
safe.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from cdk_monitoring_constructs import (
    CustomMetricGroup,
    CustomMetricWithAlarm,
    CustomThreshold,
    ErrorCountThreshold,
    MaxIteratorAgeThreshold,
    RecordsThrottledThreshold,
)
from constructs import Construct

from stacks.shared.alarm_topic import DeadLetterQueue, admit_rules
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import Monitoring
from stacks.streaming_lake.transformation import NAMESPACE, SERVICE


class LakeMonitoring(Monitoring):
    """Alarms, dashboard and failure notifications of the lake (DP-11, SE-26)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, name: str
    ) -> None:
        super().__init__(scope, construct_id, foundation=foundation, name=name)
        self._key = foundation.key

    def watch_stream(self, stream: kinesis.IStream, retention_hours: int) -> None:
        """Alarm when Firehose falls behind, and when producers are throttled."""
        behind = Duration.hours(retention_hours).to_milliseconds() / 4
        self.facade.monitor_kinesis_data_stream(
            stream_name=stream.stream_name,
            human_readable_name="Flight events",
            alarm_friendly_name="Stream",
            add_iterator_max_age_alarm={
                # A quarter of the retention is gone: enough time left to react before data is lost.
                "Behind": MaxIteratorAgeThreshold(
                    max_age_in_millis=behind,
                    alarm_description_override="Firehose falls behind, and events older than"
                    " the retention are lost. Check for throttled reads, and the delivery log.",
                )
            },
            add_write_provisioned_throughput_exceeded_alarm={
                "Throttled": RecordsThrottledThreshold(
                    max_records_throttled_threshold=0,
                    alarm_description_override="Producers send more than the shards take. Raise"
                    " the setting shards, or set it to none for on-demand mode.",
                )
            },
        )

    def watch_transform(self, transform: lambda_.IFunction) -> None:
        """Alarm when the transform fails, and when it rejects more than 5 % of the lines."""
        self.facade.monitor_lambda_function(
            lambda_function=transform,
            human_readable_name="Transform",
            alarm_friendly_name="Transform",
            add_fault_count_alarm={
                "Failing": ErrorCountThreshold(
                    max_error_count=0,
                    alarm_description_override="The transform fails. Its log says why; Firehose"
                    " sends the batches again.",
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
        self.facade.monitor_custom(
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
                            runbook="Producers have changed what they send. `rejected/` in"
                            " the lake's bucket holds the lines and the reasons.",
                        )
                    ],
                ),
            ],
        )

    def watch_delivery(
        self, delivery_stream: firehose.CfnDeliveryStream, buffer_seconds: int
    ) -> None:
        """Alarm when the oldest undelivered record is older than buffers and retries explain."""
        stream_name = delivery_stream.ref
        freshness = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": stream_name},
            statistic="Maximum",
            period=Duration.minutes(5),
        )
        self.facade.monitor_kinesis_firehose(
            delivery_stream_name=stream_name,
            human_readable_name="Delivery",
            alarm_friendly_name="Delivery",
            is_data_format_conversion_enabled=True,
        )
        # Two full buffers and ten minutes of retries are normal.
        max_age_seconds = 2 * buffer_seconds + 600
        self.facade.monitor_custom(
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
                            above=max_age_seconds,
                            runbook="Firehose has delivered nothing for longer than two"
                            " buffers and ten minutes of retries. The delivery log says why.",
                        )
                    ],
                )
            ],
        )

    def watch_curation(self, job: glue.CfnJob) -> None:
        """Notify the topic of every run of the job that fails, times out or is stopped."""
        admit_rules(self.topic)
        EventRule(
            self,
            "JobFailure",
            description="A run of the curation job did not succeed",
            pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {
                    "jobName": [job.ref],
                    "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
                },
            },
            target=RuleTarget(
                "Alarms",
                self.topic.topic_arn,
                DeadLetterQueue(self, "Undelivered", key=self._key),
            ),
        )
        # The library's monitoring of Glue jobs takes no name that is a token.
        metrics = [_job_metric(job, f"num{state}Tasks") for state in ("Completed", "Failed")]
        self.show("Curation", {"Spark tasks": metrics})


def _transform_metric(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def _job_metric(job: glue.CfnJob, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Glue",
        metric_name=f"glue.driver.aggregate.{name}",
        dimensions_map={"JobName": job.ref, "JobRunId": "ALL", "Type": "count"},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def _alarm(
    metric: cloudwatch.Metric | cloudwatch.MathExpression,
    friendly_name: str,
    disambiguator: str,
    *,
    above: float,
    runbook: str,
) -> CustomMetricWithAlarm:
    return CustomMetricWithAlarm(
        metric=metric,
        alarm_friendly_name=friendly_name,
        add_alarm={
            disambiguator: CustomThreshold(
                threshold=above,
                alarm_description_override=runbook,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            )
        },
    )
