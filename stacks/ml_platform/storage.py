"""A bucket of the platform that is read and written from inside the VPC alone."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.network.network import Network
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.shared.secure_bucket import SecureBucket

_TAG, _OUTSIDE = "reaches-buckets-from", "outside-the-vpc"


class PlatformBucket(SecureBucket):
    """A `SecureBucket` whose objects pass through the VPC's S3 endpoint, or not at all (ST-08).

    Role, endpoint, key and bucket each have a policy, and all four must agree (SE-03): a mistake in
    one of them opens nothing.

    Three may come from elsewhere: the account's root user, the settings' data administrators, and
    roles marked by `reaches_buckets_from_outside`, because workflows and functions that only move
    reports run outside the VPC. Listing, deleting and emptying stay open to whoever has the
    right: a bucket that its owner cannot empty cannot be taken down.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        key: kms.IKey,
        access_logs: s3.IBucket,
        environment: Environment,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
        tells_event_bridge: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            key=key,
            access_logs=access_logs,
            keep_data=environment.keep_data,
            lifecycle_rules=lifecycle_rules,
        )
        if tells_event_bridge:
            # L1: the L2's switch brings a function with a managed policy to do what this line does.
            bucket = cast(s3.CfnBucket, self.node.default_child)
            bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            )
        owner = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:root"
        endpoint = network.s3_endpoint.vpc_endpoint_id
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
                    },
                    "ArnNotLike": {
                        "aws:PrincipalArn": [
                            owner,
                            *environment.settings(MlTrainingSettings).data_administrators,
                        ]
                    },
                    # Athena, which writes the training set, reads and writes for its caller.
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                },
            )
        )


def reaches_buckets_from_outside(role: iam.IRole) -> None:
    """Let a role that runs outside the VPC read and write the platform's buckets, if it may."""
    Tags.of(role).add(_TAG, _OUTSIDE)
