"""Metrics of the lake's services, and how one is watched."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from cdk_monitoring_constructs import CustomMetricWithAlarm, CustomThreshold

from stacks.streaming_lake.streaming_table import StreamingTable
from stacks.streaming_lake.transformation import NAMESPACE, SERVICE


def standstill(
    delivery_stream: firehose.CfnDeliveryStream, stream: kinesis.IStream, period: Duration
) -> cloudwatch.MathExpression:
    """1 for each period in which events come in, and the lake or the raw log gets none.

    Firehose publishes nothing about what it does not do, so each gap counts as zero. That FILL
    does so for a metric without any data is known from reports alone; if it did not, the alarm
    would go off for an idle lake, and not stay silent.
    """
    delivered, logged = (
        delivery_metric(delivery_stream, f"{destination}.Records", "Sum")
        for destination in ("DeliveryToS3", "BackupToS3")
    )
    return cloudwatch.MathExpression(
        expression="IF(FILL(incoming, 0) > 0"
        " AND (FILL(delivered, 0) == 0 OR FILL(logged, 0) == 0), 1, 0)",
        using_metrics={
            "incoming": stream.metric_incoming_records(statistic="Sum"),
            "delivered": delivered,
            "logged": logged,
        },
        label="Delivery stands still",
        period=period,
    )


def table_standstill(table: StreamingTable, period: Duration) -> cloudwatch.MathExpression:
    """1 for each period in which events come in, and the streaming table gets none."""
    return cloudwatch.MathExpression(
        expression="IF(FILL(incoming, 0) > 0 AND FILL(appended, 0) == 0, 1, 0)",
        using_metrics={
            "incoming": table.stream.metric_incoming_records(statistic="Sum"),
            "appended": table.metric("SuccessfulRowCount", "Sum"),
        },
        label="The streaming table stands still",
        period=period,
    )


def delivery_metric(
    delivery_stream: firehose.CfnDeliveryStream, name: str, statistic: str
) -> cloudwatch.Metric:
    """A metric of the delivery stream, over five minutes."""
    return cloudwatch.Metric(
        namespace="AWS/Firehose",
        metric_name=name,
        dimensions_map={"DeliveryStreamName": delivery_stream.ref},
        statistic=statistic,
        period=Duration.minutes(5),
    )


def transform_metric(name: str) -> cloudwatch.Metric:
    """A count of the transform's own, over five minutes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def job_metric(job: glue.CfnJob, name: str) -> cloudwatch.Metric:
    """A count of Spark's driver over all runs of the job, over five minutes."""
    return cloudwatch.Metric(
        namespace="Glue",
        metric_name=f"glue.driver.aggregate.{name}",
        dimensions_map={"JobName": job.ref, "JobRunId": "ALL", "Type": "count"},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def watched(
    metric: cloudwatch.Metric | cloudwatch.MathExpression,
    friendly_name: str,
    disambiguator: str,
    *,
    above: float,
    runbook: str,
    periods: int = 1,
    missing_is_a_breach: bool = False,
) -> CustomMetricWithAlarm:
    """The metric with an alarm that goes off above `above`; `runbook` says what to do then."""
    missing = cloudwatch.TreatMissingData
    return CustomMetricWithAlarm(
        metric=metric,
        alarm_friendly_name=friendly_name,
        add_alarm={
            disambiguator: CustomThreshold(
                threshold=above,
                alarm_description_override=runbook,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=periods,
                datapoints_to_alarm=periods,
                period=metric.period,
                # Not `missing`: an alarm that comes back from there to OK sends a notification
                # each time that traffic resumes.
                treat_missing_data_override=missing.BREACHING
                if missing_is_a_breach
                else missing.NOT_BREACHING,
            )
        },
    )
