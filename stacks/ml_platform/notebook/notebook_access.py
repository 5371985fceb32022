"""Who may open the notebook and from where (SE-17), and the notebook's role (SE-20)."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.job_roles import JobRole
from stacks.ml_platform.network.interface_endpoints import InterfaceEndpoints
from stacks.ml_platform.settings import InterfaceEndpoint, MlNotebookSettings
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.training_data import TrainingData
from stacks.ml_platform.training.training_roles import TrainingRoles
from stacks.shared import gate

# The first issues the presigned URL; pages and web sockets of the notebook use the second.
_USED_ENDPOINTS: tuple[InterfaceEndpoint, ...] = ("sagemaker.api", "notebook")
_INSTANCES = f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:notebook-instance/*"


# The tag of the instance names an IAM user, or the session of a role: a session has no user name,
# and its `aws:userid` is the role's id, a colon, and the session's name, which is the person's in
# IAM Identity Center (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html,
# from knowledge of it). No owner's name has a character that is a wildcard in a policy.
_OWNERS: dict[str, dict[str, dict[str, object]]] = {
    "ByTheirName": {"StringLike": {"aws:ResourceTag/owner": "${aws:username}"}},
    "ByTheirSession": {"StringLike": {"aws:userid": "*:${aws:ResourceTag/owner}"}},
}


class NotebookRole(JobRole):
    """Read the training set, and start training jobs within the workflow's guard rails."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
        data: TrainingData,
        training_roles: TrainingRoles,
        kernel: s3_assets.Asset,
    ) -> None:
        super().__init__(scope, construct_id, foundation=foundation, log_group="NotebookInstances")
        self.allow(
            "ReadItsKernel", ["s3:GetObject"], kernel.bucket.arn_for_objects(kernel.s3_object_key)
        )
        self.allow_list("FindTheSet", data.bucket.bucket_arn, "training/")
        self.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            data.bucket.arn_for_objects("training/*"),
            wildcard_because="people read every split, below this prefix only",
        )
        if data.key is not foundation.key:
            self.allow_key("ReadUnderTheLakesKey", data.key, "s3", writes=False)
        self.allow_list("FindItsWork", bucket.bucket_arn, "code/", "models/", "evaluation/")
        self.allow(
            "KeepItsWork",
            ["s3:GetObject", "s3:PutObject"],
            *(bucket.arn_for_objects(f"{prefix}/*") for prefix in ("code", "models", "evaluation")),
            wildcard_because="people name their files, below these prefixes",
        )
        jobs = f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:training-job/*"
        self.allow(
            "TryATraining",
            [
                "sagemaker:AddTags",
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:StopTrainingJob",
            ],
            jobs,
            wildcard_because="people name their jobs; the guard rails apply to each",
        )
        self.allow(
            "LendTheTrainingRole",
            ["iam:PassRole"],
            training_roles.training.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        self.allow(
            "StopItselfWhenIdle",
            ["sagemaker:DescribeNotebookInstance", "sagemaker:StopNotebookInstance"],
            _INSTANCES,
            conditions={"StringEquals": {"aws:ResourceTag/architecture": "ml-platform"}},
            wildcard_because="an instance that named its role and was named by it would be a"
            " circle; the tag narrows it to the platform's",
        )
        for statement in guard_rails():
            self.add_to_policy(statement)


class OpenOwnNotebook(iam.ManagedPolicy):
    """Open one's own notebook instance, through the VPC endpoints or from given addresses.

    IAM checks every request of an open notebook, so leaving the network ends the session. Attach it
    to users, or to roles and permission sets, whose sessions are named after people. Raises
    ValueError if nobody could open the notebook.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        interface_endpoints: InterfaceEndpoints,
        settings: MlNotebookSettings,
    ) -> None:
        inside = [
            interface_endpoints.endpoints[name].vpc_endpoint_id
            for name in _USED_ENDPOINTS
            if name in interface_endpoints.endpoints
        ]
        places: dict[str, dict[str, dict[str, object]]] = {}
        if inside:
            places["FromTheVpc"] = {"StringEquals": {"aws:SourceVpce": inside}}
        if settings.source_addresses:
            places["FromKnownAddresses"] = {
                "IpAddress": {"aws:SourceIp": [*settings.source_addresses]}
            }
        if not places:
            raise ValueError(
                "Nobody could open the notebook: add sagemaker.api and notebook to"
                " -c ml_network.interface_endpoints, or say -c ml_notebook.source_addresses=<CIDR>."
            )
        super().__init__(
            scope,
            construct_id,
            description="Open one's own notebook instance of the ML platform",
            statements=[
                _open(f"{place}{kind}", {**condition, **owner})
                for place, condition in places.items()
                for kind, owner in _OWNERS.items()
            ],
        )
        gate.accept_wildcards(self, [_INSTANCES], "the owner's tag on the instance narrows it")


def studio_access(domain_id: str) -> list[iam.PolicyStatement]:
    """Open one's own profile of a Studio domain; IAM signs the URL, wherever it is asked for."""
    profiles = (
        f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:user-profile/{domain_id}/*"
    )
    return [
        iam.PolicyStatement(
            sid=f"OpenOwnProfile{kind}",
            actions=["sagemaker:CreatePresignedDomainUrl"],
            resources=[profiles],
            conditions={**owner},
        )
        for kind, owner in _OWNERS.items()
    ]


def _open(place: str, condition: dict[str, dict[str, object]]) -> iam.PolicyStatement:
    equals = {
        "aws:ResourceTag/architecture": "ml-platform",
        **condition.get("StringEquals", {}),
    }
    return iam.PolicyStatement(
        sid=f"OpenOwn{place}",
        actions=["sagemaker:CreatePresignedNotebookInstanceUrl"],
        resources=[_INSTANCES],
        conditions={**condition, "StringEquals": equals},
    )
