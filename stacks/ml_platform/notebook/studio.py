"""SageMaker Studio in the VPC, as an alternative to the notebook instance."""

from aws_cdk import Aws, CfnTag, Names
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.notebook.notebook_access import NotebookRole, studio_access
from stacks.ml_platform.settings import MlNotebookSettings
from stacks.shared import gate

# IdleTimeoutInMinutes of API_IdleSettings: at least 60.
_LEAST_IDLE_MINUTES = 60


class Studio(Construct):
    """A Studio domain whose apps reach the VPC's endpoints only, with a profile for its owner.

    It has no EFS file system: spaces keep their files on volumes of their own, which go with them.
    So nothing of the domain is left in the VPC that would keep it from being deleted. Apps stop by
    themselves when idle.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        role: NotebookRole,
        settings: MlNotebookSettings,
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
            # Its mount targets and security groups would outlive the domain, and hold the VPC.
            home_efs_file_system_creation="Disabled",
            vpc_id=network.vpc.vpc_id,
            subnet_ids=network.subnet_ids,
            kms_key_id=foundation.key.key_id,
            default_user_settings=self._defaults(foundation, role, settings),
        )
        if settings.owner:
            sagemaker.CfnUserProfile(
                self,
                "Profile",
                domain_id=self.domain.attr_domain_id,
                # The policy compares the tag; the name is what Studio shows.
                user_profile_name=settings.owner.replace("@", "-at-").replace(".", "-"),
                tags=[CfnTag(key="owner", value=settings.owner)],
            )
        self._let_apps_run(role)
        self.access = iam.ManagedPolicy(
            self,
            "OpenOwnStudio",
            description="Open one's own profile of the ML platform's Studio domain",
            statements=studio_access(self.domain.attr_domain_id),
        )
        profiles = _arn("user-profile", self.domain.attr_domain_id)
        gate.accept_wildcards(self.access, [profiles], "the owner's tag on the profile narrows it")

    def _defaults(
        self, foundation: PlatformFoundation, role: NotebookRole, settings: MlNotebookSettings
    ) -> sagemaker.CfnDomain.UserSettingsProperty:
        idle = sagemaker.CfnDomain.AppLifecycleManagementProperty(
            idle_settings=sagemaker.CfnDomain.IdleSettingsProperty(
                lifecycle_management="ENABLED",
                idle_timeout_in_minutes=max(_LEAST_IDLE_MINUTES, settings.idle_minutes),
            )
        )
        gibibytes = settings.volume_gibibytes
        return sagemaker.CfnDomain.UserSettingsProperty(
            execution_role=role.role_arn,
            security_groups=[foundation.network.job_security_group.security_group_id],
            auto_mount_home_efs="Disabled",
            default_landing_uri="studio::",
            studio_web_portal="ENABLED",
            jupyter_lab_app_settings=sagemaker.CfnDomain.JupyterLabAppSettingsProperty(
                app_lifecycle_management=idle
            ),
            code_editor_app_settings=sagemaker.CfnDomain.CodeEditorAppSettingsProperty(
                app_lifecycle_management=idle
            ),
            space_storage_settings=sagemaker.CfnDomain.DefaultSpaceStorageSettingsProperty(
                default_ebs_storage_settings=sagemaker.CfnDomain.DefaultEbsStorageSettingsProperty(
                    default_ebs_volume_size_in_gb=gibibytes, maximum_ebs_volume_size_in_gb=gibibytes
                )
            ),
        )

    def _let_apps_run(self, role: NotebookRole) -> None:
        """What Studio's pages call under the execution role.

        docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-spaces.html; AWS's policy
        AmazonSageMakerFullAccess has the same for private spaces. From knowledge of both.
        """
        domain = self.domain.attr_domain_id
        role.allow(
            "RunItsSpaces",
            [
                f"sagemaker:{verb}{kind}"
                for kind in ("App", "Space")
                for verb in ("Create", "Delete", "Describe")
            ]
            + ["sagemaker:AddTags", "sagemaker:UpdateSpace"],
            _arn("app", domain),
            _arn("space", domain),
            wildcard_because="people name their spaces, in this domain",
        )
        role.allow(
            "KnowTheDomain",
            ["sagemaker:DescribeDomain", "sagemaker:DescribeUserProfile"],
            f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:domain/{domain}",
            _arn("user-profile", domain),
            wildcard_because="people's profiles, in this domain",
        )
        role.allow(
            "ListItsSpaces",
            ["sagemaker:ListApps", "sagemaker:ListSpaces"],
            "*",
            wildcard_because="the lists know no resource",
        )


def _arn(kind: str, domain_id: str) -> str:
    """Every resource of a kind in a domain."""
    return f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:{kind}/{domain_id}/*"
