"""SageMaker Studio in the VPC, as an alternative to the notebook instance."""

from aws_cdk import Names
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation


class Studio(Construct):
    """A Studio domain whose apps reach the VPC's endpoints only.

    SageMaker retains the domain's EFS file system when the domain is deleted, and its mount targets
    block the deletion of the VPC. Delete both before destroying MlNetwork:
    `aws efs describe-file-systems`, `delete-mount-target`, `delete-file-system`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        role: iam.IRole,
    ) -> None:
        super().__init__(scope, construct_id)
        network = foundation.network
        self.domain = sagemaker.CfnDomain(
            self,
            "Domain",
            # CloudFormation requires a name.
            domain_name=Names.unique_resource_name(self, max_length=60, separator="-"),
            auth_mode="IAM",
            app_network_access_type="VpcOnly",
            vpc_id=network.vpc.vpc_id,
            subnet_ids=network.subnet_ids,
            kms_key_id=foundation.key.key_id,
            default_user_settings=sagemaker.CfnDomain.UserSettingsProperty(
                execution_role=role.role_arn,
                security_groups=[network.job_security_group.security_group_id],
            ),
        )
