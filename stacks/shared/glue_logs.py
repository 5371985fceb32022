"""The log groups of Glue: made by the stack under its key, with a retention, and gone with it.

Glue would make them itself at the first run, for ever. It names them after the security
configuration and the role, so both are known before. Names of a job's groups:
docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html. The name of a crawler's group
stands in no guide that was found; public templates agree on it. Read on 2026-11-29, not verified in
an account: `make destroy` still looks for groups of other names.
"""

from aws_cdk import Aws
from constructs import Construct

from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole


class GlueLogs(Construct):
    """Log groups of `names`, which `role` may write to and to no other."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        role: ServiceRole,
        names: dict[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        for name, group in names.items():
            EncryptedLogGroup(self, name, foundation=foundation, log_group_name=group)
        prefix = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
        logs = [f"{prefix}{group}" for group in names.values()]
        role.allow(
            "WriteItsLogs",
            [
                # Glue asks for both before it writes, of groups that exist, too.
                "logs:AssociateKmsKey",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
            *(arn for group in logs for arn in (group, f"{group}:*")),
            wildcard_because="the log streams of its own groups, which Glue names after its runs",
        )

    @classmethod
    def of_job(
        cls, scope: Construct, *, foundation: Foundation, role: ServiceRole, security: str
    ) -> "GlueLogs":
        """Those of a job that runs under `role` with the security configuration `security`."""
        prefix = f"/aws-glue/jobs/{security}-role/{role.role_name}"
        names = {"Errors": f"{prefix}/error", "Output": f"{prefix}/output"}
        return cls(scope, "Logs", foundation=foundation, role=role, names=names)

    @classmethod
    def of_crawler(
        cls, scope: Construct, *, foundation: Foundation, role: ServiceRole, security: str
    ) -> "GlueLogs":
        """That of a crawler that runs under `role` with the security configuration `security`."""
        names = {"Crawls": f"/aws-glue/crawlers-role/{role.role_name}-{security}"}
        return cls(scope, "Logs", foundation=foundation, role=role, names=names)
