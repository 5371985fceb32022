"""What Firehose may do for the lake: every call it makes, and nothing else."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.storage import Storage


class DeliveryRole(ServiceRole):
    """The role of the delivery stream; `tests/sandbox` takes each statement away and looks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        storage: Storage,
        catalog: Catalog,
        key: kms.IKey,
        log_group: logs.ILogGroup,
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
            lake.arn_for_objects("events/*"),
            lake.arn_for_objects("errors/*"),
            raw.arn_for_objects("flights/*"),
            raw.arn_for_objects("errors/*"),
            wildcard_because="Firehose names its objects itself, below these prefixes",
        )
        self.allow(
            "ReadTheColumns",
            ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            *catalog.arns(catalog.events),
        )
        self.allow_key("UseTheKey", key, "s3", "kinesis")
        self.allow(
            "WriteItsLogs",
            ["logs:PutLogEvents"],
            Stack.of(self).format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"{log_group.log_group_name}:log-stream:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            ),
            wildcard_because="its two streams of this one group, which it is told by name",
        )
