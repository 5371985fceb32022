"""A role for one AWS service, whose statements say in their Sid what they are for."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class ServiceRole(iam.Role):
    """A role that `<service>.amazonaws.com` assumes for this account, with inline statements only.

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

    def may(
        self,
        purpose: str,
        actions: Sequence[str],
        *resources: str,
        conditions: Mapping[str, object] | None = None,
    ) -> None:
        """Allow `actions` on `resources`. `purpose` becomes the statement's Sid: letters only."""
        self.add_to_policy(
            iam.PolicyStatement(
                sid=purpose, actions=[*actions], resources=[*resources], conditions=conditions
            )
        )

    def may_use_key(self, purpose: str, key: kms.IKey, *services: str) -> None:
        """Allow reading and writing what `services` keep under `key`, and no other use of it."""
        through = [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]
        self.may(
            purpose,
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key.key_arn,
            conditions={"StringEquals": {"kms:ViaService": through}},
        )

    def may_log_for_glue(self) -> None:
        """Allow the logs of Glue's jobs and crawlers, whose encrypted groups Glue makes itself."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws-glue/*"
        self.may(
            "WriteItsLogs",
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:AssociateKmsKey",
            ],
            groups,
        )
