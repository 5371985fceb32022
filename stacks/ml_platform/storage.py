"""A bucket whose objects are accessible from inside the VPC only."""

from collections.abc import Sequence

from aws_cdk import Aws, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.shared.secure_bucket import SecureBucket

_TAG, _OUTSIDE = "reaches-buckets-from", "outside-the-vpc"


class PlatformBucket(SecureBucket):
    """A `SecureBucket` whose objects are accessible through the VPC's S3 endpoint only (ST-08).

    The policies of role, endpoint, key and bucket must all allow a request (SE-03): a mistake in
    one of them opens nothing.

    Exempt are the account's root user, the data administrators of the settings, and roles marked by
    `allow_from_outside`, because workflows and functions that only move reports run outside the
    VPC. Listing and deleting are not restricted: a bucket that its owner cannot empty cannot be
    deleted. Accounts in `shared_with` have networks of their own, and only what the bucket's policy
    allows them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        access_logs: s3.IBucket,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
        shared_with: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            foundation=foundation,
            access_logs=access_logs,
            lifecycle_rules=lifecycle_rules,
        )
        settings = foundation.environment.settings(MlTrainingSettings)
        owner = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:root"
        endpoint = foundation.network.s3_endpoint.vpc_endpoint_id
        other_accounts = {"aws:PrincipalAccount": [*shared_with]} if shared_with else {}
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyFromTheVpc",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self.arn_for_objects("*")],
                conditions={
                    "StringNotEquals": {
                        "aws:SourceVpce": endpoint,
                        f"aws:PrincipalTag/{_TAG}": _OUTSIDE,
                        **other_accounts,
                    },
                    "ArnNotLike": {"aws:PrincipalArn": [owner, *settings.data_administrators]},
                    # Athena writes the training set on behalf of its caller.
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                },
            )
        )


def allow_from_outside(role: iam.IRole) -> None:
    """Exempt a role that runs outside the VPC; it still needs permissions on the objects."""
    Tags.of(role).add(_TAG, _OUTSIDE)
