"""Alarms, dashboard and failure notifications.

The runbook of each alarm is in its description, so that it comes with the notification. A failed
run of the curation job is announced by Glue's own event, with the run's id and its error; running
it again is safe.
"""

import math

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from cdk_monitoring_constructs import (
    CustomMetricGroup,
    MaxIteratorAgeThreshold,
    RecordsThrottledThreshold,
)
from constructs import Construct

from stacks.shared.alarm_topic import admit_rules
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import Monitoring
from stacks.streaming_lake.metrics import (
    delivery_metric,
    job_metric,
    standstill,
    table_standstill,
    transform_metric,
    watched,
)
from stacks.streaming_lake.streaming_table import StreamingTable


class LakeMonitoring(Monitoring):
    """Alarms, dashboard and failure notifications of the lake (DP-11, SE-26)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, name: str
    ) -> None:
        super().__init__(scope, construct_id, foundation=foundation, name=name)
        self._foundation = foundation

    def watch_stream(self, stream: kinesis.IStream, retention_hours: int) -> None:
        """Alarm when Firehose falls behind or does not read, and when producers are throttled."""
        # An hour is late for a lake of minutes; with a long retention, 5 % of it is.
        behind = Duration.minutes(max(60, retention_hours * 60 // 20)).to_milliseconds()
        self.facade.monitor_kinesis_data_stream(
            stream_name=stream.stream_name,
            human_readable_name="Flight events",
            alarm_friendly_name="Stream",
            add_iterator_max_age_alarm={
                "Behind": MaxIteratorAgeThreshold(
                    max_age_in_millis=behind,
                    # Firehose calls GetRecords once a second for each shard, of an idle stream,
                    # too: no data means that nobody reads. That an empty answer counts as data
                    # was not verified in an account.
                    treat_missing_data_override=cloudwatch.TreatMissingData.BREACHING,
                    alarm_description_override="Firehose falls behind or does not read, and"
                    " events older than the retention are lost. Check for throttled reads, the"
                    " role and key of the delivery stream, and the delivery log.",
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
        """Show the transform, and alarm when it rejects more than 5 % of the lines."""
        self.facade.monitor_lambda_function(
            lambda_function=transform,
            human_readable_name="Transform",
            alarm_friendly_name="Transform",
        )
        set_aside = transform_metric("FailedRecords")
        lines = {name: transform_metric(name) for name in ("AcceptedLines", "RejectedLines")}
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
                    title="Records set aside",
                    metrics=[
                        watched(
                            set_aside,
                            "Records",
                            "SetAside",
                            above=0,
                            runbook="The transform could not write rejected lines to the lake's"
                            " bucket; its log says why. The records are below"
                            " `errors/processing-failed/`: send them again from there.",
                        )
                    ],
                ),
                CustomMetricGroup(
                    title="Rejected share",
                    metrics=[
                        watched(
                            share,
                            "RejectedShare",
                            "Rejected",
                            above=5,
                            periods=3,
                            runbook="Producers have changed what they send. `rejected/` in"
                            " the lake's bucket holds the lines and the reasons.",
                        )
                    ],
                ),
            ],
        )

    def watch_replay(self, replay: lambda_.IFunction) -> None:
        """Show how objects of the raw log are replayed."""
        self.facade.monitor_lambda_function(
            lambda_function=replay,
            human_readable_name="Replay",
            alarm_friendly_name="Replay",
        )

    def watch_delivery(
        self,
        delivery_stream: firehose.CfnDeliveryStream,
        stream: kinesis.IStream,
        buffer_seconds: int,
    ) -> None:
        """Alarm when delivery is late, stands still or cannot convert; the raw log counts as well.

        Late is what two full buffers and ten minutes of retries do not explain.
        """
        stream_name = delivery_stream.ref
        late = Duration.minutes(math.ceil((2 * buffer_seconds + 600) / 60))
        self.facade.monitor_kinesis_firehose(
            delivery_stream_name=stream_name,
            human_readable_name="Delivery",
            alarm_friendly_name="Delivery",
            is_data_format_conversion_enabled=True,
        )
        unconverted = delivery_metric(delivery_stream, "FailedConversion.Records", "Sum")
        alarms = {
            "Delivery freshness": watched(
                delivery_metric(delivery_stream, "DeliveryToS3.DataFreshness", "Maximum"),
                "Freshness",
                "Stale",
                above=late.to_seconds(),
                runbook="Firehose has delivered nothing for longer than two buffers and ten"
                " minutes of retries. The delivery log says why.",
            ),
            "Raw log freshness": watched(
                delivery_metric(delivery_stream, "BackupToS3.DataFreshness", "Maximum"),
                "RawLog",
                "RawStale",
                above=late.to_seconds(),
                runbook="Firehose has added nothing to the raw log for longer than two buffers"
                " and ten minutes of retries. The log stream of the backup says why.",
            ),
            "Stands still": watched(
                standstill(delivery_stream, stream, late),
                "Standstill",
                "StandsStill",
                above=0,
                periods=2,
                missing_is_a_breach=True,
                runbook="Events come in and none is delivered to the lake, or none to the raw"
                " log. Check the delivery log, the role and the key of the delivery stream.",
            ),
            "Conversion": watched(
                unconverted,
                "Conversion",
                "Unconverted",
                above=0,
                runbook="Firehose cannot write events as Parquet by the columns of the table of"
                " events. They are below `errors/format-conversion-failed/`: compare them with"
                " the table, then send them again from there.",
            ),
        }
        self.facade.monitor_custom(
            human_readable_name="Delivery",
            alarm_friendly_name="DeliveryAlarms",
            metric_groups=[
                CustomMetricGroup(title=title, metrics=[alarm]) for title, alarm in alarms.items()
            ],
        )

    def watch_streaming_table(self, table: StreamingTable) -> None:
        """Alarm when AWS cannot append events to the streaming table, is late or stands still.

        docs.aws.amazon.com/streams/latest/dev/data-delivery-monitoring.html recommends them.
        """
        late = Duration.seconds(2 * table.freshness_seconds + 600)
        alarms = {
            "Refused events": watched(
                table.metric("FailedRowCount", "Sum"),
                "TableRows",
                "NotAppended",
                above=0,
                runbook="Events do not fit the registered schema. The dead-letter bucket names"
                " their sequence numbers and the reasons, not their content: read them from the"
                " stream within its retention, and send them again, corrected.",
            ),
            "Table freshness": watched(
                table.metric("DataFreshness", "Maximum"),
                "TableFreshness",
                "TableStale",
                above=late.to_seconds(),
                runbook="The channel has committed nothing for longer than two intervals and ten"
                " minutes. Its log says why: check the role, the key and the registered schema.",
            ),
            "Table stands still": watched(
                table_standstill(table, late),
                "TableStandstill",
                "TableStandsStill",
                above=0,
                periods=2,
                missing_is_a_breach=True,
                runbook="Events come in and none is appended. Ask for the channel's status: aws"
                " kinesis describe-channel. Its log says why.",
            ),
        }
        self.facade.monitor_custom(
            human_readable_name="Streaming table",
            alarm_friendly_name="StreamingTableAlarms",
            metric_groups=[
                CustomMetricGroup(title=title, metrics=[alarm]) for title, alarm in alarms.items()
            ],
        )

    def watch_curation(self, job: glue.CfnJob) -> None:
        """Notify the topic of every run of the job that fails, times out or is stopped."""
        admit_rules(self.topic)
        EventRule(
            self,
            "JobFailure",
            # At most 512 characters.
            description="A run of the curation job did not succeed; its message says why. If rules"
            " of data quality do not hold, nothing was published: send the named events again,"
            " corrected, or start the job once with --leave_out and their ids; the page of the lake"
            " tells how. After any other failure the next run takes the same events.",
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
                DeadLetterQueue(self, "Undelivered", foundation=self._foundation),
            ),
        )
        # The library's monitoring of Glue jobs takes no name that is a token.
        metrics = [job_metric(job, f"num{state}Tasks") for state in ("Completed", "Failed")]
        self.show("Curation", {"Spark tasks": metrics})
