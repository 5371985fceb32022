"""The one key of an architecture: all it keeps is under it, every use of it is in CloudTrail."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.shared import gate


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
        _admit(
            self,
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
        same_account: dict[str, object] = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        # Without this, alarms and failure events are lost on the way to the encrypted topic.
        # EventBridge does not tell SNS, and SNS not the key, for whom it publishes.
        nothing: dict[str, object] = {}
        publishers = {"cloudwatch": same_account, "budgets": same_account, "events": nothing}
        for publisher, conditions in publishers.items():
            service = f"{publisher}.amazonaws.com"
            _admit(self, service, ["kms:Decrypt", "kms:GenerateDataKey"], conditions)


def admit_log_delivery(key: kms.IKey) -> None:
    """Let the delivery of logs decrypt what Step Functions encrypted for it under `key`.

    AWS documents the statement without a condition (docs.aws.amazon.com/step-functions/latest/dg/
    encryption-at-rest.html). The encryption context is safe to ask for: Step Functions encrypts
    with it, and KMS decrypts with the same one only. The star is a part of it.
    """
    log_source = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
    conditions = {"StringEquals": {"kms:EncryptionContext:SourceArn": log_source}}
    _admit(key, "delivery.logs.amazonaws.com", ["kms:Decrypt"], conditions)


def admit_table_maintenance(key: kms.IKey, table_bucket_arn: str) -> None:
    """Let S3 Tables compact and expire what a table bucket keeps under `key`.

    docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-permissions.html
    """
    tables = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": f"{table_bucket_arn}/*"}}
    actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    _admit(key, "maintenance.s3tables.amazonaws.com", actions, tables)


def admit_readers(key: kms.IKey, accounts: Sequence[str], because: str) -> None:
    """Let `accounts` decrypt what S3 keeps under `key`, whichever of their roles they allow it.

    docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="OtherAccountsRead",
            principals=[iam.AccountPrincipal(account) for account in accounts],
            actions=["kms:Decrypt"],
            resources=["*"],  # in a key's own policy, the star is the key
            conditions={"StringEquals": {"kms:ViaService": f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"}},
        )
    )
    gate.acknowledge(key, {"FOREIGN_ACCOUNT": because})


def _admit(
    key: kms.IKey, service: str, actions: list[str], conditions: Mapping[str, object]
) -> None:
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=actions,
            resources=["*"],  # in a key's own policy, the star is the key
            conditions=conditions,
        )
    )
