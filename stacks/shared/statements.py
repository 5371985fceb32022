"""Statements of a role or a managed policy, each with a Sid that says what it is for."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.shared import gate


class Statements:
    """What a role and a managed policy have in common."""

    def add_statement(self, statement: iam.PolicyStatement) -> Construct:
        """Add a statement; returns the construct whose findings it causes."""
        raise NotImplementedError

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
        construct = self.add_statement(
            iam.PolicyStatement(
                sid=purpose, actions=[*actions], resources=[*resources], conditions=conditions
            )
        )
        if wildcard_because:
            gate.accept_wildcards(construct, resources, wildcard_because, actions)

    def allow_list(self, purpose: str, bucket_arn: str, *prefixes: str) -> None:
        """Allow listing what lies below `prefixes` of a bucket."""
        conditions: Mapping[str, object] = {
            "StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}
        }
        self.allow(purpose, ["s3:ListBucket"], bucket_arn, conditions=conditions)

    def allow_metrics(self, purpose: str, namespace: str) -> None:
        """Allow publishing metrics in one namespace."""
        self.allow(
            purpose,
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
            wildcard_because="PutMetricData has no resource; the namespace narrows it",
        )

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


class HandedOutPolicy(Statements, iam.ManagedPolicy):
    """A managed policy that is attached to nobody here: the account gives it to its people.

    CloudFormation generates its name; an output of the stack holds its ARN. `description` cannot be
    changed later without a new policy.
    """

    def add_statement(self, statement: iam.PolicyStatement) -> Construct:
        """Add a statement to the policy."""
        self.add_statements(statement)
        return self
