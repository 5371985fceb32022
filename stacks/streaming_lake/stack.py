"""Streaming lake: an event sent now is a row in Athena minutes from now, and one row for good.

    producers -> Kinesis -> Firehose ---------> lake/events -> Glue job -> lake/curated -> Athena
                 stream       |   |              (Parquet)     (Spark)     (a row a       work
                              |   +-> transform                   ^         flight)       group
                              |       (Lambda) -> lake/rejected   |                         |
                              +-> raw bucket,                  weather,                training
                                  the immutable log            in batches              set for
                                    ^                                                  SageMaker
                                  crawler

Each box is a construct in the file of its name; this file only joins them.

From the notes: IN-01 the whole flow; IN-02 streams beside batches; IN-05 to IN-08 the stream;
IN-09 to IN-13 the delivery; ST-01 to ST-07, ST-09, ST-11 to ST-13 the buckets; ST-14 and TR-10
the training set; ET-01 to ET-07 catalogue, crawler, job and queries; SE-26 the data's own checks.
ST-08, the gateway endpoint for S3, is for what runs in a VPC, and nothing here does: it stands in
the network of the ML platform.
"""

from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.shared.architecture_key import ArchitectureKey
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.curation import Curation
from stacks.streaming_lake.delivery import Delivery
from stacks.streaming_lake.ingestion import Ingestion
from stacks.streaming_lake.monitoring import Operation
from stacks.streaming_lake.raw_log_crawler import Discovery
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage
from stacks.streaming_lake.transformation import Transformation
from stacks.streaming_lake.work_group import Query


class StreamingLake(Stack):
    """Takes a stream of flight events in and keeps it twice: as it came, and ready to query."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(StreamingLakeSettings)
        keep = environment.keep_data
        name = self.stack_name
        # Hive folds names to lower case and takes no hyphen.
        database_name = name.lower().replace("-", "_")

        key = ArchitectureKey(
            self, "Key", description="Everything the streaming lake keeps", keep_data=keep
        )
        storage = Storage(self, "Storage", key=key, environment=environment)
        catalog = Catalog(self, "Catalog", name=database_name, lake=storage.lake, key=key)
        ingestion = Ingestion(
            self,
            "Ingestion",
            key=key,
            settings=settings,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        transform = Transformation(
            self,
            "Transform",
            lake=storage.lake,
            stream=ingestion.stream,
            key=key,
            environment=environment,
        )
        delivery = Delivery(
            self,
            "Delivery",
            stream=ingestion.stream,
            transform=transform,
            storage=storage,
            catalog=catalog,
            key=key,
            environment=environment,
        )
        Discovery(
            self,
            "Discovery",
            raw=storage.raw,
            catalog=catalog,
            key=key,
            schedule=settings.crawl_schedule,
        )
        curation = Curation(
            self, "Curation", lake=storage.lake, catalog=catalog, key=key, settings=settings
        )
        Query(
            self,
            "Query",
            name=name,
            lake=storage.lake,
            catalog=catalog,
            key=key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        operation = Operation(self, "Operation", name=name, key=key, environment=environment)
        operation.watch_stream(ingestion, settings.retention_hours)
        operation.watch_transform(transform)
        operation.watch_delivery(delivery, settings.buffer_seconds)
        operation.watch_curation(curation)

        # What a person needs next: where to write, what to run, where to read.
        outputs = {
            "StreamName": ingestion.stream.stream_name,
            "DeliveryStreamName": delivery.delivery_stream.ref,
            "RawBucketName": storage.raw.bucket_name,
            "LakeBucketName": storage.lake.bucket_name,
            "DatabaseName": database_name,
            "EventsTableName": catalog.events.table_name,
            "CuratedTableName": catalog.curated.table_name,
            "WorkGroupName": name,
            "KeyArn": key.key_arn,
            "CurateJobName": curation.job.ref,
            "CurateCommand": f"aws glue start-job-run --job-name {curation.job.ref}",
            "AlarmTopicArn": operation.topic.topic_arn,
        }
        for output, value in outputs.items():
            # Exported: the ML platform beside it imports what it trains on.
            CfnOutput(self, output, value=value, export_name=f"{name}-{output}")
