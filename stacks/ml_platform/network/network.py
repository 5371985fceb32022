"""The VPC: isolated subnets, a gateway endpoint to S3, no internet access."""

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.ml_platform.network.s3_prefix_list import S3PrefixList
from stacks.ml_platform.settings import MlEndpointSettings, MlNetworkSettings
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.provider_logs import CLOSES_SECURITY_GROUPS, keep_provider_logs
from stacks.shared.service_role import ServiceRole

CIDR = "10.20.0.0/16"
# AWS's own buckets: the layers of ECR images, and what SageMaker's images fetch. Data could leave
# through any other bucket that is not in this account.
_AWS_BUCKETS = [f"prod-{Aws.REGION}-starport-layer-bucket", f"jumpstart-cache-prod-{Aws.REGION}"]
# The S3 actions of jobs, notebooks and their SDKs.
_BUCKET_ACTIONS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
]


class Network(Construct):
    """A VPC without internet access (SE-19, DP-07), with a gateway endpoint to S3 (ST-08).

    It has no internet gateway and no NAT: S3 and the chosen interface endpoints are reachable, and
    nothing else. Jobs and endpoints take `subnet_ids` and `job_security_group`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        zones = foundation.environment.settings(MlNetworkSettings).availability_zones
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            # Explicit: a stack without a Region would get two zones at most.
            availability_zones=[Fn.select(number, Fn.get_azs()) for number in range(zones)],
            # A /20 has addresses for thousands of containers; each container of a job takes one.
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20
                )
            ],
            restrict_default_security_group=True,
        )
        keep_provider_logs(Stack.of(self), CLOSES_SECURITY_GROUPS, foundation)
        self.subnet_ids = [subnet.subnet_id for subnet in self.vpc.isolated_subnets]
        self.s3_endpoint = self.vpc.add_gateway_endpoint(
            "S3", service=ec2.GatewayVpcEndpointAwsService.S3
        )
        _, registry_bucket, _ = foundation.environment.settings(MlEndpointSettings).registry
        for statement in _own_and_aws_buckets(registry_bucket):
            self.s3_endpoint.add_to_policy(statement)
        self.job_security_group = self._job_security_group(foundation)
        self._log_flows(foundation)

    def _job_security_group(self, foundation: Foundation) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "Jobs",
            vpc=self.vpc,
            description="Training, processing, hosting and notebooks",
            allow_all_outbound=False,
        )
        group.add_egress_rule(
            ec2.Peer.ipv4(CIDR), ec2.Port.tcp(443), "The interface endpoints of this VPC"
        )
        group.add_egress_rule(
            ec2.Peer.prefix_list(
                S3PrefixList(self, "S3Addresses", foundation=foundation).prefix_list_id
            ),
            ec2.Port.tcp(443),
            "S3, by the gateway endpoint",
        )
        # Containers of one job communicate, encrypted.
        group.add_ingress_rule(group, ec2.Port.all_traffic(), "The other containers of a job")
        group.add_egress_rule(group, ec2.Port.all_traffic(), "The other containers of a job")
        return group

    def _log_flows(self, foundation: Foundation) -> None:
        logs = EncryptedLogGroup(self, "FlowLogs", foundation=foundation)
        role = ServiceRole(self, "FlowLogRole", "vpc-flow-logs", confused_deputy_guard=True)
        role.allow(
            "WriteFlows",
            ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            logs.log_group_arn,
        )
        ec2.CfnFlowLog(
            self,
            "Flows",
            resource_id=self.vpc.vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=logs.log_group_arn,
            deliver_logs_permission_arn=role.role_arn,
            max_aggregation_interval=60,
        )


def _own_and_aws_buckets(registry_bucket: str) -> list[iam.PolicyStatement]:
    """The S3 endpoint's policy: this account's buckets, and images from AWS's own.

    Besides, what is served of `registry_bucket`, another account's, if it is named.
    An endpoint policy grants nothing by itself; callers still need the permission.
    """
    registry = f"arn:{Aws.PARTITION}:s3:::{registry_bucket}"
    of_the_registry = iam.PolicyStatement(
        sid="ModelsOfTheRegistry",
        principals=[iam.AnyPrincipal()],
        actions=["s3:GetObject", "s3:ListBucket"],
        resources=[registry, f"{registry}/models/*", f"{registry}/evaluation/*"],
    )
    return [
        *([of_the_registry] if registry_bucket else []),
        iam.PolicyStatement(
            sid="OwnBuckets",
            principals=[iam.AnyPrincipal()],
            actions=_BUCKET_ACTIONS,
            resources=["*"],
            conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
        ),
        iam.PolicyStatement(
            sid="ImagesOfAws",
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject"],
            resources=[f"arn:{Aws.PARTITION}:s3:::{bucket}/*" for bucket in _AWS_BUCKETS],
        ),
    ]
