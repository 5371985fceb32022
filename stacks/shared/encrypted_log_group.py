"""A log group under the architecture's key, kept as long as the environment says."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.shared.foundation import Foundation

_RETENTION = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


class EncryptedLogGroup(logs.LogGroup):
    """A CloudWatch log group that is encrypted and expires; it goes with the stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        log_group_name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            log_group_name=log_group_name,
            encryption_key=foundation.key,
            retention=_RETENTION[foundation.environment.log_retention_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
