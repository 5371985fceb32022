"""The same table in S3 Tables, by `table_format=s3_tables`: a bucket that maintains its tables.

The job reaches it by S3 Tables' own Iceberg REST catalogue, under IAM alone. Athena finds it once
the account has the catalogue `s3tablescatalog`, which is one for all table buckets of a Region and
so no part of this stack (docs.aws.amazon.com/glue/latest/dg/glue-federation-s3tables.html, read
2026-11-29). Not verified in an account.
"""

from collections.abc import Sequence

from aws_cdk import Aws, CfnResource, Names, RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3tables as s3tables
from constructs import Construct

from stacks.shared.architecture_key import admit_table_maintenance
from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole
from stacks.shared.statements import Statements
from stacks.streaming_lake.settings import StreamingLakeSettings

_Table = s3tables.CfnTable
_Bucket = s3tables.CfnTableBucket
# The integration's catalogue in Glue, with a catalogue for each table bucket below it.
_CATALOG = "s3tablescatalog"


class TableBucket(Construct):
    """A table bucket with one namespace and one Iceberg table; `key_columns` identify a row.

    S3 compacts the table, expires snapshots and removes unreferenced files by itself.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        namespace: str,
        name: str,
        key_columns: Sequence[glue.Column],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(StreamingLakeSettings)
        self._key = foundation.key
        # S3 Tables demands a name: of 3 to 63 lower-case letters, digits and hyphens.
        self._name = Names.unique_resource_name(self, separator="-", max_length=60).lower()
        stack = Stack.of(self)
        self._bucket_arn = stack.format_arn(
            service="s3tables", resource="bucket", resource_name=self._name
        )
        # S3 refuses to create a table whose key its maintenance cannot use.
        admit_table_maintenance(foundation.key, self._bucket_arn)
        bucket = _Bucket(
            self,
            "Bucket",
            table_bucket_name=self._name,
            encryption_configuration=_Bucket.EncryptionConfigurationProperty(
                sse_algorithm="aws:kms", kms_key_arn=foundation.key.key_arn
            ),
            unreferenced_file_removal=_Bucket.UnreferencedFileRemovalProperty(
                # A run of the job takes hours at most: its files are referenced by then.
                status="Enabled",
                unreferenced_days=3,
                noncurrent_days=30,
            ),
        )
        bucket.node.add_dependency(foundation.key)
        arn = bucket.attr_table_bucket_arn
        space = s3tables.CfnNamespace(self, "Namespace", namespace=namespace, table_bucket_arn=arn)
        fields = [
            _Table.SchemaFieldProperty(name=column.name, type=column.type.input_string)
            for column in key_columns
        ]
        table = _Table(
            self,
            "Table",
            table_bucket_arn=arn,
            namespace=namespace,
            table_name=name,
            open_table_format="ICEBERG",
            iceberg_metadata=_Table.IcebergMetadataProperty(
                iceberg_schema=_Table.IcebergSchemaProperty(schema_field_list=fields)
            ),
            compaction=_Table.CompactionProperty(status="enabled", target_file_size_mb=128),
            snapshot_management=_Table.SnapshotManagementProperty(
                status="enabled",
                min_snapshots_to_keep=1,
                max_snapshot_age_hours=settings.snapshot_days * 24,
            ),
        )
        table.add_resource_dependency(space)
        resources: tuple[CfnResource, ...] = (bucket, space, table)
        for resource in resources:
            resource.apply_removal_policy(
                RemovalPolicy.RETAIN if foundation.environment.keep_data else RemovalPolicy.DESTROY
            )
        self.database_name, self.table_name = namespace, name
        self._table_arn = table.attr_table_arn
        path = f"{_CATALOG}/{self._name}"
        self.arns = [
            stack.format_arn(service="glue", resource=kind, resource_name=resource_name)
            for kind, resource_name in (
                ("catalog", _CATALOG),
                ("catalog", path),
                ("database", f"{path}/{namespace}"),
                ("table", f"{path}/{namespace}/{name}"),
            )
        ]
        """In Glue: the integration's catalogue, the bucket's in it, the namespace, the table."""

    @property
    def sql_name(self) -> str:
        """How a query names it, whatever its database."""
        return f'"{_CATALOG}/{self._name}"."{self.database_name}"."{self.table_name}"'

    def spark_catalog(self) -> dict[str, str]:
        """Properties of the Spark catalogue that has the table.

        docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-open-source.html
        """
        return {
            "type": "rest",
            "uri": f"https://s3tables.{Aws.REGION}.{Aws.URL_SUFFIX}/iceberg",
            "warehouse": self._bucket_arn,
            "rest.sigv4-enabled": "true",
            "rest.signing-name": "s3tables",
            "rest.signing-region": Aws.REGION,
            "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        }

    def allow_commits(self, role: ServiceRole) -> None:
        """Let a job read the table and commit to it."""
        role.allow("FindTheTable", ["s3tables:GetTableBucket"], self._bucket_arn)
        role.allow(
            "CommitToTheTable",
            [
                "s3tables:GetTable",
                "s3tables:GetTableData",
                "s3tables:GetTableMetadataLocation",
                "s3tables:PutTableData",
                "s3tables:UpdateTableMetadataLocation",
            ],
            self._table_arn,
        )
        # S3 Tables calls KMS by its own name, as AWS's policies for streaming tables have it.
        role.allow_key("UseTheKeyForTheTable", self._key, "s3tables")

    def allow_queries(self, policy: Statements) -> None:
        """Let somebody read the table with Athena."""
        policy.allow("FindTheTableBucket", ["glue:GetCatalog"], *self.arns[:2])
        policy.allow(
            "ReadTheTableBucket",
            ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
            self._table_arn,
        )
        policy.allow_key("DecryptTheTableBucket", self._key, "s3tables", writes=False)
