"""The policy of people who approve what another account registers.

    aws iam attach-role-policy --role-name approvers --policy-arn <ApproverPolicyArn>

No role of the stack has it. The policy of the group in the other account admits this account; this
one says for whom.
"""

from collections.abc import Iterable

from constructs import Construct

from stacks.ml_platform.registered_models import RegisteredModel
from stacks.shared.statements import HandedOutPolicy

_NUMBERED = "SageMaker numbers the packages of a group"


class Approver(HandedOutPolicy):
    """Finds packages, reads them with their model cards, and approves or rejects them (TR-24)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, models: Iterable[RegisteredModel]
    ) -> None:
        super().__init__(
            scope, construct_id, description="Approves models that another account registers"
        )
        models = list(models)
        groups = [registered.group_arn for registered in models]
        packages = [registered.packages_arn for registered in models]
        self.allow(
            "FindPackages",
            ["sagemaker:ListModelPackages"],
            *groups,
            *packages,
            wildcard_because=_NUMBERED,
        )
        self.allow("ReadGroups", ["sagemaker:DescribeModelPackageGroup"], *groups)
        self.allow(
            "ReadPackages",
            ["sagemaker:DescribeModelPackage"],
            *packages,
            wildcard_because=_NUMBERED,
        )
        self.allow(
            "ApproveOrReject",
            ["sagemaker:UpdateModelPackage"],
            *packages,
            conditions={
                "StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}
            },
            wildcard_because=_NUMBERED,
        )
