"""A notebook instance in the VPC that stops when it is idle."""

from pathlib import Path
from string import Template

from aws_cdk import Fn, Names, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.settings import MlNotebookSettings
from stacks.shared.bundle import kernel_bundle

_LIFECYCLE = Path(__file__).parent / "lifecycle"


class Notebook(Construct):
    """The instance of SE-16, SE-18 and SE-19: no root, no internet, the architecture's key.

    Its first start installs the project's kernel; each start, the timer that stops it when idle.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        kernel: s3_assets.Asset,
        role: iam.IRole,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlNotebookSettings)
        network = foundation.network
        script = Template((_LIFECYCLE / "on_start.sh").read_text()).safe_substitute(
            KernelUri=kernel.s3_object_url,
            StopWhenIdle=(_LIFECYCLE / "stop_when_idle.py").read_text(),
            IdleMinutes=settings.idle_minutes,
        )
        # CloudFormation requires names for both.
        name = Names.unique_resource_name(self, max_length=60, separator="-")
        lifecycle = sagemaker.CfnNotebookInstanceLifecycleConfig(
            self,
            "Lifecycle",
            notebook_instance_lifecycle_config_name=name,
            on_start=[
                sagemaker.CfnNotebookInstanceLifecycleConfig.NotebookInstanceLifecycleHookProperty(
                    content=Fn.base64(script)
                )
            ],
        )
        self.instance = sagemaker.CfnNotebookInstance(
            self,
            "Instance",
            role_arn=role.role_arn,
            instance_type=settings.instance_type,
            # Instances of the Amazon Linux 2 platforms can no longer be created or restarted.
            platform_identifier="notebook-al2023-v1",
            volume_size_in_gb=settings.volume_gibibytes,
            kms_key_id=foundation.key.key_id,
            subnet_id=network.subnet_ids[0],
            security_group_ids=[network.job_security_group.security_group_id],
            # Without it, the instance has internet access through a network of AWS (SE-19).
            direct_internet_access="Disabled",
            # Enabled by default; lifecycle scripts run as root all the same (SE-18).
            root_access="Disabled",
            instance_metadata_service_configuration=(
                sagemaker.CfnNotebookInstance.InstanceMetadataServiceConfigurationProperty(
                    minimum_instance_metadata_service_version="2"
                )
            ),
            lifecycle_config_name=lifecycle.attr_notebook_instance_lifecycle_config_name,
        )
        self.instance.node.add_dependency(role)
        # The policy OpenOwnNotebook compares this tag with the caller.
        Tags.of(self.instance).add("owner", settings.owner or "nobody")


def kernel_asset(scope: Construct) -> s3_assets.Asset:
    """The kernel to install: the model's code, and the package that the image lacks."""
    requirements = _LIFECYCLE / "requirements.txt"
    return s3_assets.Asset(
        scope, "Kernel", path=str(kernel_bundle("ml_platform/flight_delay", requirements))
    )
