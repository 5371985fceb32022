"""A role for one AWS service, whose statements say in their Sid what they are for."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.shared import gate


class ServiceRole(iam.Role):
    """A role that one service assumes for this account, with inline statements only (SE-01).

    `confused_deputy_guard` admits the service only on behalf of this account. Lambda and Glue
    assume roles without naming an account, so it is off for them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, service: str, *, confused_deputy_guard: bool
    ) -> None:
        principal: iam.IPrincipal = iam.ServicePrincipal(f"{service}.amazonaws.com")
        if confused_deputy_guard:
            same_account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            principal = iam.PrincipalWithConditions(principal, same_account)
        super().__init__(scope, construct_id, assumed_by=principal)

    def allow(
        self,
        purpose: str,
        actions: Sequence[str],
        *resources: str,
        conditions: Mapping[str, object] | None = None,
        wildcard_because: str | None = None,
    ) -> None:
        """Allow `actions` on `resources`. `purpose` becomes the statement's Sid: letters only.

        A resource with a star in it needs `wildcard_because`: synth fails without a reason.
        """
        self.add_to_policy(
            iam.PolicyStatement(
                sid=purpose, actions=[*actions], resources=[*resources], conditions=conditions
            )
        )
        if wildcard_because:
            gate.accept_wildcards(self, resources, wildcard_because, actions)

    def allow_list(self, purpose: str, bucket_arn: str, *prefixes: str) -> None:
        """Allow listing what lies below `prefixes` of a bucket."""
        conditions: Mapping[str, object] = {
            "StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}
        }
        self.allow(purpose, ["s3:ListBucket"], bucket_arn, conditions=conditions)

    def allow_key(
        self, purpose: str, key: kms.IKey, *services: str, reads: bool = True, writes: bool = True
    ) -> None:
        """Allow reading, writing or both of what `services` keep under `key`, and nothing else."""
        uses = {"kms:Decrypt": reads, "kms:GenerateDataKey": writes}
        through = [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]
        self.allow(
            purpose,
            [action for action, used in uses.items() if used],
            key.key_arn,
            conditions={"StringEquals": {"kms:ViaService": through}},
        )

    def allow_glue_basics(self) -> None:
        """Allow what Glue does under the role of any job or crawler: log, read its settings."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws-glue/*"
        self.allow(
            "WriteItsLogs",
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:AssociateKmsKey",
            ],
            groups,
            wildcard_because="Glue names the groups of its logs itself, below this prefix",
        )
        self.allow(
            "ReadItsSecurity",
            ["glue:GetSecurityConfiguration"],
            "*",
            wildcard_because="the API knows no resource, and only reads which keys are used",
        )
