"""The roles that SageMaker assumes, one per kind of job (TR-06, SE-20)."""

from aws_cdk import Aws
from constructs import Construct

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.shared.service_role import ServiceRole


class JobRole(ServiceRole):
    """What every SageMaker container needs: its image, its logs, network interfaces, the key.

    `log_group` is the name below `/aws/sagemaker/`; `allow` adds permissions on data.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        log_group: str,
    ) -> None:
        super().__init__(scope, construct_id, "sagemaker", confused_deputy_guard=True)
        groups = (
            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
            f"/aws/sagemaker/{log_group}"
        )
        self.allow(
            "WriteItsLogs",
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            f"{groups}*",
            wildcard_because="SageMaker names the log streams, in this log group",
        )
        self.allow(
            "PublishItsMetrics",
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            wildcard_because="PutMetricData has no resource; the namespace narrows it",
        )
        self.allow(
            "PullItsImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            *ContainerImages.of(self).repository_arns,
        )
        self.allow(
            "SignInToTheRegistry",
            ["ecr:GetAuthorizationToken"],
            "*",
            wildcard_because="GetAuthorizationToken has no resource",
        )
        self.allow(
            "StandInTheVpc",
            [
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            "*",
            wildcard_because="SageMaker rejects a job whose role limits one of these to a resource",
        )
        self.allow_key("UseTheKey", foundation.key, "s3")
        self.allow(
            "EncryptItsVolumes",
            ["kms:CreateGrant"],
            foundation.key.key_arn,
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
