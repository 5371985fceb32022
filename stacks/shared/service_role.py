"""A role for one AWS service, whose statements say in their Sid what they are for."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.shared.statements import Statements


class ServiceRole(Statements, iam.Role):
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

    def add_statement(self, statement: iam.PolicyStatement) -> Construct:
        """Add a statement to the role's own policy."""
        self.add_to_policy(statement)
        return self

    def allow_glue_basics(self) -> None:
        """Allow what Glue reads under the role of any job or crawler: which keys it is to use.

        Its logs are those of `GlueLogs`.
        """
        self.allow(
            "ReadItsSecurity",
            ["glue:GetSecurityConfiguration"],
            "*",
            wildcard_because="the API knows no resource, and only reads which keys are used",
        )
