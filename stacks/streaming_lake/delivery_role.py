"""The role of the delivery stream: every call that Firehose makes, and nothing else."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import ERRORS, EVENTS, RAW_FLIGHTS
from stacks.streaming_lake.storage import Storage


class DeliveryRole(ServiceRole):
    """Each statement is needed: a test removes one after the other and sees delivery fail."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        storage: Storage,
        catalog: Catalog,
    ) -> None:
        super().__init__(scope, construct_id, "firehose", confused_deputy_guard=True)
        lake, raw = storage.lake, storage.raw
        self.allow(
            "ReadTheStream",
            [
                "kinesis:DescribeStream",
                "kinesis:ListShards",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords",
            ],
            stream.stream_arn,
        )
        self.allow(
            "AskTheTransform",
            ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"],
            transform.function_arn,
        )
        self.allow(
            "FindTheBuckets",
            ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            lake.bucket_arn,
            raw.bucket_arn,
        )
        self.allow(
            "WriteObjects",
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            lake.arn_for_objects(f"{EVENTS}*"),
            lake.arn_for_objects(f"{ERRORS}*"),
            raw.arn_for_objects(f"{RAW_FLIGHTS}*"),
            raw.arn_for_objects(f"{ERRORS}*"),
            wildcard_because="Firehose names its objects, below these prefixes",
        )
        self.allow(
            "ReadTheColumns",
            ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            *catalog.arns(catalog.events),
        )
        self.allow_key("UseTheKey", foundation.key, "s3", "kinesis")

    def allow_log_group(self, log_group: logs.ILogGroup) -> None:
        """Allow writing to the log streams of `log_group`."""
        self.allow(
            "WriteItsLogs",
            ["logs:PutLogEvents"],
            Stack.of(self).format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"{log_group.log_group_name}:log-stream:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            ),
            wildcard_because="the log streams of this one log group",
        )
