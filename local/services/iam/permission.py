"""What an action needs of IAM, and what must be known of an account to say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Permission:
    """One action on one resource, as IAM is asked for it."""

    action: str
    """`s3:GetObject`."""
    resource: str = "*"
    """The ARN; a star where the Service Authorization Reference names no resource type."""
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Condition keys of the request, the caller's own left out."""
    role: str = ""
    """The ARN of the role that needs it, if that is not the caller's."""


class Account(Protocol):
    """What is deployed in one account and Region."""

    def key_of(self, arn: str) -> str:
        """The ARN of the customer-managed key of a bucket, table, topic, queue or workflow.

        Empty if it has none.
        """

    def table_location(self, database: str, table: str) -> str:
        """The S3 URI of a Glue table."""

    def results_location(self, work_group: str) -> str:
        """The S3 URI where an Athena work group writes results."""

    def work_group_of(self, query_id: str) -> str:
        """The Athena work group in which a query ran."""

    def request(self, kind: str, name: str) -> Arguments:
        """The request that created a model or endpoint configuration of SageMaker."""


PARTITION, REGION, ACCOUNT = "aws", "us-east-1", "000000000000"


def arn(service: str, resource: str) -> str:
    """The ARN of a resource of the local AWS, the only account and Region there is."""
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"


def use_of_key(
    key: str, service: str, *actions: str, context: Mapping[str, str] | None = None
) -> list[Permission]:
    """`kms:<actions>` on a key, used by `service` on behalf of its caller; none without a key.

    `context` is the encryption context.
    """
    conditions = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
    conditions |= {
        f"kms:EncryptionContext:{name}": value for name, value in (context or {}).items()
    }
    return [Permission(f"kms:{action}", key, conditions) for action in actions if key]


def pass_role(role_arn: str, service: str) -> Permission:
    """`iam:PassRole` of a role to one service."""
    return Permission("iam:PassRole", role_arn, {"iam:PassedToService": f"{service}.amazonaws.com"})
