"""The roles that SageMaker takes on in our name, each for one kind of work (TR-06, SE-20)."""

from aws_cdk import Aws
from constructs import Construct

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.shared.service_role import ServiceRole


class JobRole(ServiceRole):
    """What every container of SageMaker needs: its image, its logs, a leg in the VPC, the key.

    `log_group` is the part behind `/aws/sagemaker/`; say what data it may use with `may`.
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
            wildcard_because="SageMaker names the streams of its logs itself, in this group",
        )
        self.allow(
            "PublishItsMetrics",
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            wildcard_because="CloudWatch has no resource to name; the namespace narrows it",
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
            wildcard_because="ECR's token is for every registry, and knows no resource",
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
            wildcard_because="SageMaker refuses the job if one of them asks for a resource",
        )
        self.allow_key("UseTheKey", foundation.key, "s3")
        self.allow(
            "EncryptItsVolumes",
            ["kms:CreateGrant"],
            foundation.key.key_arn,
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
