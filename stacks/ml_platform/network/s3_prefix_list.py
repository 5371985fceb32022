"""AWS's prefix list of S3 in the Region, for the egress rule of a security group."""

from aws_cdk import Aws
from aws_cdk import custom_resources as cr
from constructs import Construct

from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole


class S3PrefixList(Construct):
    """Looks up the id of AWS's prefix list of S3 during deployment.

    CloudFormation has no attribute for it; without it the rule would have to be 0.0.0.0/0.
    """

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        logs = EncryptedLogGroup(self, "Logs", foundation=foundation)
        role = ServiceRole(self, "Role", "lambda", confused_deputy_guard=False)
        role.allow(
            "WriteItsLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], logs.log_group_arn
        )
        role.allow(
            "FindThePrefixList",
            ["ec2:DescribeManagedPrefixLists"],
            "*",
            wildcard_because="EC2's Describe calls have no resource",
        )
        lookup = cr.AwsCustomResource(
            self,
            "Lookup",
            on_update=cr.AwsSdkCall(
                service="EC2",
                action="describeManagedPrefixLists",
                parameters={
                    "Filters": [
                        {"Name": "prefix-list-name", "Values": [f"com.amazonaws.{Aws.REGION}.s3"]}
                    ]
                },
                physical_resource_id=cr.PhysicalResourceId.of("s3-prefix-list"),
                output_paths=["PrefixLists.0.PrefixListId"],
            ),
            role=role,
            log_group=logs,
            # The SDK of the Lambda runtime: nothing is downloaded during a deployment.
            install_latest_aws_sdk=False,
        )
        lookup.node.add_dependency(role)
        self.prefix_list_id = lookup.get_response_field("PrefixLists.0.PrefixListId")
