"""The role under which a channel of Kinesis reads its stream and appends to its table.

The statements are those that AWS publishes (docs.aws.amazon.com/streams/latest/dev/
data-delivery-iam.html, read 2026-11-29), with its optional ones by tag left out: ours name ARNs.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.statements import Statements
from stacks.streaming_lake.prefixes import ERRORS


class ChannelRole(Statements, iam.Role):
    """Kinesis assumes it for channels of this account alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        stream: kinesis.IStream,
        table_bucket_arn: str,
        dead_letters: s3.IBucket,
        schema_arns: Sequence[str],
    ) -> None:
        channels = Stack.of(scope).format_arn(
            service="kinesis", resource="channel", resource_name="*"
        )
        service = iam.ServicePrincipal(
            "kinesis.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": channels},
            },
        )
        super().__init__(scope, construct_id, assumed_by=service)
        self.allow(
            "MakeTheTable",
            [
                "s3tables:CreateNamespace",
                "s3tables:CreateTable",
                "s3tables:GetTable",
                "s3tables:GetTableBucket",
                "s3tables:GetTableData",
                "s3tables:GetTableMetadataLocation",
                "s3tables:PutTableData",
                # Without it, the table is made and its encryption fails.
                "s3tables:PutTableEncryption",
                "s3tables:PutTableRecordExpirationConfiguration",
                "s3tables:TagResource",
                "s3tables:UpdateTableMetadataLocation",
            ],
            table_bucket_arn,
            f"{table_bucket_arn}/table/*",
            wildcard_because="the channel makes the table, whose id is known only then",
        )
        self.allow(
            "SetAsideWhatItRefuses",
            ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:PutObject"],
            dead_letters.bucket_arn,
            dead_letters.arn_for_objects(f"{ERRORS}*"),
            conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
            wildcard_because="the channel names its objects, below this prefix",
        )
        self.allow("ReadTheSchema", ["glue:GetSchemaVersion"], *schema_arns)
        self._key = foundation.key
        self._allow_key(
            "TryTheKeyWhenTheChannelIsMade",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            "kinesis",
            condition="StringEqualsIfExists",
        )
        # The dead-letter bucket has a bucket key, so its context is the bucket and no object.
        encrypted = [f"{table_bucket_arn}/*", dead_letters.bucket_arn]
        self._allow_key(
            "EncryptWhatItWrites",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            "s3",
            context={"StringLike": {"kms:EncryptionContext:aws:s3:arn": encrypted}},
        )
        self._allow_key("DescribeTheKeyOfTheTable", ["kms:DescribeKey"], "s3tables")
        self._allow_key(
            "DecryptEvents",
            ["kms:Decrypt"],
            "kinesis",
            condition="StringEqualsIfExists",
            context={"StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": stream.stream_arn}},
        )

    def add_statement(self, statement: iam.PolicyStatement) -> Construct:
        """Add a statement to the role's own policy."""
        self.add_to_policy(statement)
        return self

    def allow_log_group(self, log_group: logs.ILogGroup) -> None:
        """Allow the channel to write its log; AWS's list has the first action, too."""
        self.allow(
            "WriteItsLog",
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            log_group.log_group_arn,
            wildcard_because="the log streams of this one log group",
        )

    def _allow_key(
        self,
        purpose: str,
        actions: Sequence[str],
        service: str,
        *,
        condition: str = "StringEquals",
        context: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        through = {"kms:ViaService": f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}"}
        self.allow(
            purpose,
            actions,
            self._key.key_arn,
            conditions={condition: through, **(context or {})},
        )
