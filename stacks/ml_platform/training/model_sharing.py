"""What other accounts may do with models that this one registers: `ml_training.shared_with`.

    approved by a role of the other account --> registry --> event --> rule --> its default bus
    the other account's CreateModel ----------> registry: the policy of the group
    its workflow and its models --------------> bucket: models/, evaluation/ --> key

Each account says itself which of its roles may do it: access to another account's resource takes
the resource's policy and the caller's own (docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_evaluation-logic-cross-account.html). Images are AWS's own.
"""

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct, IConstruct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.registered_models import RegisteredModel
from stacks.shared import gate
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.service_role import ServiceRole

# The files of an evaluation that a deployment takes: what it asks a new model and what is right,
# and what the drift check compares with. Reports and training sets stay in this account.
_EVALUATION_FILES = (
    "evaluation/*/smoke_test/flights.json",
    "evaluation/*/smoke_test.json",
    "evaluation/*/statistics.json",
)
_PREFIXES = ("models/*", "evaluation/*/smoke_test/*")
APPROVAL_EVENT = "SageMaker Model Package State Change"


def share_group(group: sagemaker.CfnModelPackageGroup, accounts: Sequence[str]) -> None:
    """Let `accounts` read the packages of `group`, approve or reject them, and make models of them.

    docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy.html, "Deploy a Model Version
    from a Different Account". Listing is asked of the group or of its packages, so both are named,
    as in model-registry-ram-discover.html. Both read 2026-11-29.
    """
    stack, name = Stack.of(group), group.model_package_group_name
    packages = stack.format_arn(
        service="sagemaker", resource="model-package", resource_name=f"{name}/*"
    )
    its_arn = stack.format_arn(
        service="sagemaker", resource="model-package-group", resource_name=name
    )
    principals = [iam.AccountPrincipal(account) for account in accounts]
    group.model_package_group_policy = iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="FindPackages",
                principals=principals,
                actions=["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
                resources=[its_arn],
            ),
            iam.PolicyStatement(
                sid="ReadAndServePackages",
                principals=principals,
                actions=[
                    "sagemaker:CreateModel",
                    "sagemaker:DescribeModelPackage",
                    "sagemaker:ListModelPackages",
                ],
                resources=[packages],
            ),
            iam.PolicyStatement(
                sid="ApproveOrReject",
                principals=principals,
                actions=["sagemaker:UpdateModelPackage"],
                resources=[packages],
                conditions={
                    "StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}
                },
            ),
        ]
    )
    _admit_because(group, "reads the registry, approves what it finds there, and serves it")


def share_files(bucket: s3.Bucket, accounts: Sequence[str]) -> None:
    """Let `accounts` read models, and the files of their evaluations that a deployment takes."""
    principals = [iam.AccountPrincipal(account) for account in accounts]
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="OtherAccountsFindModels",
            principals=principals,
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [*_PREFIXES]}},
        )
    )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="OtherAccountsReadModels",
            principals=principals,
            actions=["s3:GetObject"],
            resources=[
                bucket.arn_for_objects("models/*"),
                *(bucket.arn_for_objects(file) for file in _EVALUATION_FILES),
            ],
        )
    )
    _admit_because(bucket, "serves the models that lie here, and asks them before it does")


class ApprovalForwarding(Construct):
    """Sends each approval to the default event bus of every account in `shared_with`.

    SageMaker reports a package's approval in the account that registered it only, whoever
    approves. The other bus must admit this account before: its MlEndpoint sees to that, and
    EventBridge takes no target that does not, with AccessDeniedException (reported in
    github.com/ministryofjustice/modernisation-platform-environments, pull request 19002).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        flights: RegisteredModel,
        accounts: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        undelivered = DeadLetterQueue(self, "Undelivered", foundation=foundation)
        for account in accounts:
            bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{account}:event-bus/default"
            role = ServiceRole(self, f"Role{account}", "events", confused_deputy_guard=True)
            role.allow("Tell", ["events:PutEvents"], bus)
            EventRule(
                self,
                f"Approved{account}",
                description=f"A model package was approved: tell the account {account}",
                pattern=approvals_of(flights),
                target=RuleTarget("Tell", bus, undelivered, role=role),
            )


def approvals_of(flights: RegisteredModel) -> dict[str, object]:
    """The pattern of events about approved packages of the served model."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [APPROVAL_EVENT],
        "detail": {
            "ModelPackageGroupName": [flights.group_name],
            "ModelApprovalStatus": ["Approved"],
        },
    }


def _admit_because(construct: IConstruct, purpose: str) -> None:
    gate.acknowledge(
        construct,
        {"FOREIGN_ACCOUNT": f"ml_training.shared_with names the account, which {purpose}"},
    )
