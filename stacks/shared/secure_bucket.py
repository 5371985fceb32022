"""A bucket that keeps the rules of every architecture: encrypted, private, versioned, logged."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class SecureBucket(s3.Bucket):
    """An S3 bucket under the architecture's key (ST-01, ST-07, ST-11), reached by TLS (SE-05).

    It is given no name: names are shared with all other accounts, so one that is written down here
    would be free once (ST-03).

    `access_logs` receives who read and wrote what, under this construct's path. Without `keep_data`
    the bucket goes with the stack, contents included.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
        keep_data: bool,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
        **bucket_options: Any,
    ) -> None:
        tidy = s3.LifecycleRule(
            id="Tidy",
            abort_incomplete_multipart_upload_after=Duration.days(1),
            # Overwritten and deleted objects can be had back for a month.
            noncurrent_version_expiration=Duration.days(30),
        )
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # One data key serves many objects: KMS requests, and their bill, fall by up to 99 %.
            bucket_key_enabled=True,
            # A key that the caller brings would be outside our control and our audit.
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
