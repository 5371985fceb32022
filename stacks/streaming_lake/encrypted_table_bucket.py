"""A table bucket of S3 Tables under the architecture's key, and how Athena names what it holds.

Athena finds it once the account has the catalogue `s3tablescatalog`, which is one for all table
buckets of a Region and so no part of a stack (docs.aws.amazon.com/glue/latest/dg/
glue-federation-s3tables.html, read 2026-11-29). Not verified in an account.
"""

from aws_cdk import Names, RemovalPolicy, Stack
from aws_cdk import aws_s3tables as s3tables
from constructs import Construct

from stacks.shared.architecture_key import admit_table_maintenance
from stacks.shared.foundation import Foundation
from stacks.shared.statements import Statements

# The integration's catalogue in Glue, with a catalogue for each table bucket below it.
_CATALOG = "s3tablescatalog"


class EncryptedTableBucket(s3tables.CfnTableBucket):
    """S3 compacts its tables, expires snapshots and removes unreferenced files by itself."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        removal_policy: RemovalPolicy,
    ) -> None:
        # S3 Tables demands a name: of 3 to 63 lower-case letters, digits and hyphens.
        self.bucket_name = Names.unique_resource_name(scope, separator="-", max_length=60).lower()
        self._stack = Stack.of(scope)
        self.arn = self._stack.format_arn(
            service="s3tables", resource="bucket", resource_name=self.bucket_name
        )
        """Made of its name: its key's policy needs it, and the bucket needs the key."""
        # S3 refuses to create a table whose key its maintenance cannot use.
        admit_table_maintenance(foundation.key, self.arn)
        super().__init__(
            scope,
            construct_id,
            table_bucket_name=self.bucket_name,
            encryption_configuration=s3tables.CfnTableBucket.EncryptionConfigurationProperty(
                sse_algorithm="aws:kms", kms_key_arn=foundation.key.key_arn
            ),
            unreferenced_file_removal=s3tables.CfnTableBucket.UnreferencedFileRemovalProperty(
                # Nothing takes longer than hours to commit: its files are referenced by then.
                status="Enabled",
                unreferenced_days=3,
                noncurrent_days=30,
            ),
        )
        self._key = foundation.key
        self.node.add_dependency(foundation.key)
        self.apply_removal_policy(removal_policy)

    def glue_arns(self, namespace: str, table: str) -> list[str]:
        """In Glue: the integration's catalogue, the bucket's in it, the namespace, the table."""
        path = f"{_CATALOG}/{self.bucket_name}"
        return [
            self._stack.format_arn(service="glue", resource=kind, resource_name=resource_name)
            for kind, resource_name in (
                ("catalog", _CATALOG),
                ("catalog", path),
                ("database", f"{path}/{namespace}"),
                ("table", f"{path}/{namespace}/{table}"),
            )
        ]

    def sql_name(self, namespace: str, table: str) -> str:
        """How a query names a table, whatever its database."""
        return f'"{_CATALOG}/{self.bucket_name}"."{namespace}"."{table}"'

    def allow_queries(
        self, policy: Statements, table_arn: str, *, wildcard_because: str | None = None
    ) -> None:
        """Let somebody read tables with Athena; `table_arn` may end with a star, for a reason."""
        catalogs = self.glue_arns("", "")[:2]
        policy.allow("FindTheTableBucket", ["glue:GetCatalog"], *catalogs)
        policy.allow(
            "ReadTheTableBucket",
            ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
            table_arn,
            wildcard_because=wildcard_because,
        )
        policy.allow_key("DecryptTheTableBucket", self._key, "s3tables", writes=False)
