"""Streaming lake: an event sent now is a row in Athena minutes from now, and one row for good.

    producers -> Kinesis -> Firehose ---------> lake/events -> Glue job -> lake/curated -> Athena
                 stream       |   |              (Parquet)     (Spark)     (a row a       work
                              |   +-> transform                   ^         flight)       group
                              |       (Lambda) -> lake/rejected   |                         |
                              +-> raw bucket,                  weather,                training
                                  the immutable log            in batches              set for
                                    ^       |                     ^                    SageMaker
                                  crawler   +-> replay (Lambda) --+
                                                on demand: lake/replayed

Each box is a construct in the file of its name; this file only joins them.

From the notes: IN-01 the whole flow; IN-02 streams beside batches; IN-05 to IN-08 the stream;
IN-09 to IN-13 the delivery; ST-01 to ST-07, ST-09, ST-11 to ST-13 the buckets; ST-14 and TR-10
the training set; ET-01 to ET-07 catalogue, crawler, job and queries; SE-26 the data's own checks.
ST-08, the gateway endpoint for S3, is for what runs in a VPC, and nothing here does: it stands in
the network of the ML platform.
"""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.environments import Environment, SettingsError
from stacks.shared.foundation import Foundation
from stacks.shared.outputs import add_outputs, export_outputs
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.column_grants import ColumnGrants
from stacks.streaming_lake.curation import Curation
from stacks.streaming_lake.delivery import Delivery
from stacks.streaming_lake.ingestion import Ingestion
from stacks.streaming_lake.maintenance import Maintenance
from stacks.streaming_lake.monitoring import LakeMonitoring
from stacks.streaming_lake.people import People
from stacks.streaming_lake.raw_log_crawler import RawLogCrawler
from stacks.streaming_lake.replay import Replay
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage
from stacks.streaming_lake.streaming_table import StreamingTable
from stacks.streaming_lake.transformation import Transformation
from stacks.streaming_lake.work_group import WorkGroup


class StreamingLake(Stack):
    """Takes in a stream of flight events and keeps it twice: as received, and ready to query."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(StreamingLakeSettings)
        if environment.name == "local":
            _refuse_s3_tables(settings)
        foundation = Foundation.in_stack(
            self,
            environment,
            key_description="Everything the streaming lake keeps",
            budget_usd=settings.budget_usd,
        )
        storage = Storage(self, "Storage", foundation=foundation)
        catalog = Catalog(self, "Catalog", foundation=foundation, lake=storage.lake)
        ingestion = Ingestion(self, "Ingestion", foundation=foundation)
        stream = ingestion.stream
        transform = Transformation(
            self, "Transform", foundation=foundation, lake=storage.lake, stream=stream
        )
        delivery = Delivery(
            self,
            "Delivery",
            foundation=foundation,
            stream=stream,
            transform=transform,
            storage=storage,
            catalog=catalog,
        )
        replay = Replay(self, "Replay", foundation=foundation, storage=storage)
        crawler = RawLogCrawler(
            self, "Discovery", foundation=foundation, raw_bucket=storage.raw, catalog=catalog
        )
        curation = Curation(
            self, "Curation", foundation=foundation, lake=storage.lake, catalog=catalog
        )
        if settings.table_format == "glue":  # S3 Tables maintains its tables itself
            Maintenance(
                self, "Maintenance", foundation=foundation, lake=storage.lake, catalog=catalog
            )
        work_group = WorkGroup(
            self, "Query", foundation=foundation, storage=storage, catalog=catalog
        )
        people = People(self, "People", foundation=foundation)
        monitoring = LakeMonitoring(self, "Operation", foundation=foundation, name=self.stack_name)
        monitoring.watch_stream(stream, settings.retention_hours)
        monitoring.watch_transform(transform)
        monitoring.watch_replay(replay)
        monitoring.watch_delivery(delivery.delivery_stream, stream, settings.buffer_seconds)
        monitoring.watch_curation(curation.job)
        if settings.streaming_table:
            table = StreamingTable(
                self,
                "StreamingTable",
                foundation=foundation,
                access_logs=storage.access_logs,
                namespace=catalog.name,
            )
            monitoring.watch_streaming_table(table)
            add_outputs(
                self,
                {
                    "TableStreamName": table.stream.stream_name,
                    "TableName": table.sql_name,
                    "TableProducerPolicyArn": people.table_producer(table).managed_policy_arn,
                    "TableAnalystPolicyArn": people.table_analyst(table).managed_policy_arn,
                },
            )
        # Exported: the ML platform imports what it trains on.
        export_outputs(
            self,
            {
                "StreamName": stream.stream_name,
                "DeliveryStreamName": delivery.delivery_stream.ref,
                "RawBucketName": storage.raw.bucket_name,
                "LakeBucketName": storage.lake.bucket_name,
                "DatabaseName": catalog.name,
                "EventsTableName": catalog.events.table_name,
                "CuratedTableName": catalog.curated.table_name,
                "WeatherTableName": catalog.weather.table_name,
                "WorkGroupName": work_group.name,
                "ResultsBucketName": work_group.results.bucket_name,
                "KeyArn": foundation.key.key_arn,
                "CurateJobName": curation.job.ref,
                "CurateCommand": f"aws glue start-job-run --job-name {curation.job.ref}",
                "AlarmTopicArn": foundation.topic.topic_arn,
            },
        )
        add_outputs(
            self,
            {
                "ProducerPolicyArn": people.producer(stream).managed_policy_arn,
                "AnalystPolicyArn": people.analyst(work_group, storage, catalog).managed_policy_arn,
                "StewardPolicyArn": people.steward(
                    storage, curation.job, crawler.crawler, replay
                ).managed_policy_arn,
                "ReplayFunctionName": replay.function_name,
                "ReplayCommand": replay.command,
            },
        )
        if settings.lake_formation:
            grants = ColumnGrants(
                self, "Grants", foundation=foundation, storage=storage, catalog=catalog
            )
            add_outputs(self, {"OptInCommand": grants.opt_in_command})


def _refuse_s3_tables(settings: StreamingLakeSettings) -> None:
    """Refuse settings that the local AWS cannot run. Raises SettingsError."""
    for setting, is_set in (
        ("table_format=s3_tables", settings.table_format == "s3_tables"),
        ("streaming_table=true", settings.streaming_table),
    ):
        if is_set:
            raise SettingsError(
                f"-c streaming_lake.{setting}: the local AWS has no S3 Tables."
                " Leave it out, or synthesise for sandbox or production."
            )
