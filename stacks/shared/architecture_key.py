"""The one key of an architecture: all it keeps is under it, every use of it is in CloudTrail."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class ArchitectureKey(kms.Key):
    """A rotated customer-managed key (ST-07) that the services writing on our behalf may use."""

    def __init__(
        self, scope: Construct, construct_id: str, *, description: str, keep_data: bool
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=description,
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        # CloudWatch Logs names the log group in the encryption context, and only ours are admitted.
        log_groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
        self._admit(
            f"logs.{Aws.REGION}.amazonaws.com",
            [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        )
        # Step Functions hands its encrypted history to the delivery of logs. AWS documents this
        # statement without a condition. The encryption context is safe to ask for: Step Functions
        # encrypts with it, and KMS decrypts with the same one only. The star is a part of it.
        log_source = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
        self._admit(
            "delivery.logs.amazonaws.com",
            ["kms:Decrypt"],
            {"StringEquals": {"kms:EncryptionContext:SourceArn": log_source}},
        )
        same_account: dict[str, object] = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        # Without this, alarms and failure events are lost on the way to the encrypted topic.
        # EventBridge does not tell SNS, and SNS not the key, for whom it publishes.
        nothing: dict[str, object] = {}
        publishers = {"cloudwatch": same_account, "budgets": same_account, "events": nothing}
        for publisher, conditions in publishers.items():
            service = f"{publisher}.amazonaws.com"
            self._admit(service, ["kms:Decrypt", "kms:GenerateDataKey"], conditions)

    def _admit(self, service: str, actions: list[str], conditions: dict[str, object]) -> None:
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=actions,
                resources=["*"],  # in a key's own policy, the star is the key
                conditions=conditions,
            )
        )
