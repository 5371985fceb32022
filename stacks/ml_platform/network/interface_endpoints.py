"""VPC interface endpoints for AWS APIs: those that the settings choose."""

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.ml_platform.network.network import CIDR, Network
from stacks.ml_platform.settings import InterfaceEndpoint, MlNetworkSettings

# What the policy of each endpoint allows, for principals and resources of this account. Other calls
# do not pass, whatever the caller's own permissions.
_ACTIONS: dict[InterfaceEndpoint, list[str]] = {
    "sagemaker.api": [
        "sagemaker:AddTags",
        "sagemaker:CreateApp",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreatePresignedDomainUrl",
        # The URL is issued here; the notebook's pages come through its own endpoint.
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateSpace",
        "sagemaker:CreateTrainingJob",
        "sagemaker:CreateTransformJob",
        "sagemaker:DeleteApp",
        "sagemaker:DeleteSpace",
        "sagemaker:DescribeApp",
        "sagemaker:DescribeDomain",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeSpace",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:DescribeUserProfile",
        "sagemaker:ListApps",
        "sagemaker:ListModelPackages",
        "sagemaker:ListSpaces",
        "sagemaker:ListTags",
        "sagemaker:ListTrainingJobs",
        "sagemaker:StopNotebookInstance",
        "sagemaker:StopTrainingJob",
        "sagemaker:UpdateSpace",
    ],
    "sagemaker.runtime": ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"],
    "notebook": ["sagemaker:CreatePresignedNotebookInstanceUrl"],
    "sts": ["sts:AssumeRole", "sts:GetCallerIdentity"],
    "kms": [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
    ],
    "logs": [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    ],
    "monitoring": ["cloudwatch:GetMetricData", "cloudwatch:PutMetricData"],
    "ecr.api": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ],
    "ecr.dkr": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ],
    "secretsmanager": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
    "states": ["states:DescribeExecution", "states:StartExecution"],
}
# SageMaker's images are in AWS's registries, so these endpoints cannot require our own resources.
_RESOURCES_OF_AWS = {"ecr.api", "ecr.dkr"}


class InterfaceEndpoints(Construct):
    """An interface endpoint per chosen service, with a policy, open to the VPC only.

    Each costs 0.01 USD an hour and Availability Zone, used or not: 7.30 USD a month and zone
    (us-east-1, 2025-11), so the sandbox's two in two zones cost 29 USD, and all eleven in three
    zones 241 USD. Data costs 0.01 USD a GB. S3 has a gateway endpoint, free of charge.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, network: Network, settings: MlNetworkSettings
    ) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "Doors",
            vpc=network.vpc,
            description="The interface endpoints: HTTPS from inside the VPC, nothing else",
            allow_all_outbound=False,
        )
        self.security_group.add_ingress_rule(
            ec2.Peer.ipv4(CIDR), ec2.Port.tcp(443), "HTTPS from inside the VPC"
        )
        self.endpoints: dict[InterfaceEndpoint, ec2.InterfaceVpcEndpoint] = {}
        for name in settings.interface_endpoints:
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                name.title().replace(".", ""),
                vpc=network.vpc,
                service=_service(name),
                private_dns_enabled=True,
                security_groups=[self.security_group],
                # The security group admits the VPC; the construct's own rule would be wider.
                open=False,
            )
            endpoint.add_to_policy(_policy(name))
            self.endpoints[name] = endpoint


def _service(name: InterfaceEndpoint) -> ec2.IInterfaceVpcEndpointService:
    if name == "notebook":
        # Its service name has another prefix.
        return ec2.InterfaceVpcEndpointService(f"aws.sagemaker.{Aws.REGION}.notebook", 443)
    return ec2.InterfaceVpcEndpointAwsService(name)


def _policy(name: InterfaceEndpoint) -> iam.PolicyStatement:
    conditions: dict[str, object] = {"aws:PrincipalAccount": Aws.ACCOUNT_ID}
    if name not in _RESOURCES_OF_AWS:
        conditions["aws:ResourceAccount"] = Aws.ACCOUNT_ID
    return iam.PolicyStatement(
        sid="OwnAccount",
        principals=[iam.AnyPrincipal()],
        actions=_ACTIONS[name],
        resources=["*"],
        conditions={"StringEquals": conditions},
    )
