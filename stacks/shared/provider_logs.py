"""Logs of the functions that the CDK adds by itself: under the architecture's key, gone with it."""

from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam

from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation

EMPTIES_BUCKETS = "Custom::S3AutoDeleteObjectsCustomResourceProvider"
CLOSES_SECURITY_GROUPS = "Custom::VpcRestrictDefaultSGCustomResourceProvider"


def keep_provider_logs(stack: Stack, provider: str, foundation: Foundation) -> None:
    """Give the function of the CDK's `provider` in `stack` a log group, once.

    Without one, Lambda makes a log group that never expires, is under no key of ours and outlives
    the stack. The managed policy of the function's role, which allows making any log group, gives
    way to the two actions on this one.
    """
    name = f"{provider.removeprefix('Custom::').removesuffix('CustomResourceProvider')}Logs"
    if stack.node.try_find_child(name):
        return
    logs = EncryptedLogGroup(stack, name, foundation=foundation)
    resources = stack.node.find_child(provider).node
    role = cast(CfnResource, resources.find_child("Role"))
    role.add_property_deletion_override("ManagedPolicyArns")
    policy = iam.CfnPolicy(
        logs,
        "Policy",
        policy_name=name,
        roles=[role.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "WriteItsLogs",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": logs.log_group_arn,
                }
            ],
        },
    )
    function = cast(CfnResource, resources.find_child("Handler"))
    function.add_property_override("LoggingConfig", {"LogGroup": logs.log_group_name})
    # Both are there before the first call, and the role of the last one.
    function.add_resource_dependency(policy)
