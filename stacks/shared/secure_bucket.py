"""A bucket as every architecture uses it: encrypted, private, versioned and access-logged."""

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.provider_logs import EMPTIES_BUCKETS, keep_provider_logs


class SecureBucket(s3.Bucket):
    """An S3 bucket under the architecture's key (ST-01, ST-07, ST-11), reached by TLS (SE-05).

    CloudFormation generates its name: bucket names are global, so a fixed one would be free in one
    account only (ST-03).

    `access_logs` receives the server access logs, below this construct's id. `event_bridge` sends
    the bucket's events to EventBridge. Unless the environment keeps data, the bucket is emptied and
    deleted with the stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        access_logs: s3.IBucket,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
        event_bridge: bool = False,
        **bucket_options: Any,
    ) -> None:
        keep_data = foundation.environment.keep_data
        tidy = s3.LifecycleRule(
            id="Tidy",
            abort_incomplete_multipart_upload_after=Duration.days(1),
            # Overwritten and deleted objects can be restored for a month.
            noncurrent_version_expiration=Duration.days(30),
        )
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=foundation.key,
            # One data key serves many objects: KMS requests, and their bill, fall by up to 99 %.
            bucket_key_enabled=True,
            # A key that the caller provides is neither controlled nor audited here.
            blocked_encryption_types=[s3.BlockedEncryptionType.SSE_C],
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{construct_id}/",
            lifecycle_rules=[tidy, *lifecycle_rules],
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
            auto_delete_objects=not keep_data,
            **bucket_options,
        )
        if not keep_data:
            keep_provider_logs(Stack.of(self), EMPTIES_BUCKETS, foundation)
        if event_bridge:
            # L1: the L2's switch adds a function with a managed policy to set this property.
            bucket = cast(s3.CfnBucket, self.node.default_child)
            bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            )
