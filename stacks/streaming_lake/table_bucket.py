"""The same table in S3 Tables, by `table_format=s3_tables`: a bucket that maintains its tables.

The job reaches it by S3 Tables' own Iceberg REST catalogue, under IAM alone. Not verified in an
account.
"""

from collections.abc import Sequence

from aws_cdk import Aws, CfnResource, RemovalPolicy
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3tables as s3tables
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole
from stacks.shared.statements import Statements
from stacks.streaming_lake.encrypted_table_bucket import EncryptedTableBucket
from stacks.streaming_lake.settings import StreamingLakeSettings

_Table = s3tables.CfnTable


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
        removal_policy = (
            RemovalPolicy.RETAIN if foundation.environment.keep_data else RemovalPolicy.DESTROY
        )
        self._bucket = bucket = EncryptedTableBucket(
            self, "Bucket", foundation=foundation, removal_policy=removal_policy
        )
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
        resources: tuple[CfnResource, ...] = (space, table)
        for resource in resources:
            resource.apply_removal_policy(removal_policy)
        self.database_name, self.table_name = namespace, name
        self._table_arn = table.attr_table_arn
        self.arns = bucket.glue_arns(namespace, name)
        """In Glue: the integration's catalogue, the bucket's in it, the namespace, the table."""

    @property
    def sql_name(self) -> str:
        """How a query names it, whatever its database."""
        return self._bucket.sql_name(self.database_name, self.table_name)

    def spark_catalog(self) -> dict[str, str]:
        """Properties of the Spark catalogue that has the table.

        docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-open-source.html
        """
        return {
            "type": "rest",
            "uri": f"https://s3tables.{Aws.REGION}.{Aws.URL_SUFFIX}/iceberg",
            "warehouse": self._bucket.arn,
            "rest.sigv4-enabled": "true",
            "rest.signing-name": "s3tables",
            "rest.signing-region": Aws.REGION,
            "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        }

    def allow_commits(self, role: ServiceRole) -> None:
        """Let a job read the table and commit to it."""
        role.allow("FindTheTable", ["s3tables:GetTableBucket"], self._bucket.arn)
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
        self._bucket.allow_queries(policy, self._table_arn)
