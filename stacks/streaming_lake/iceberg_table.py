"""An Apache Iceberg table of the Glue catalogue, in the one shape that can be deployed and kept.

CloudFormation makes the table and must never update it: an update takes its format and its pointer
to the metadata away, and every engine then refuses it
(github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919 and /2495, both open).
So the template holds what never changes, the key of the rows; the job that writes the table adds
the other columns, the partitions and the properties (`curate_flights/table.py`).

`IcebergTableInput`, the newer property that also takes partitions, is refused by CloudFormation in
every shape (github.com/go-to-k/cdkd/pull/1453, probed 2026-08-09; aws/aws-cdk#29660 tells of one
that worked in May). All read 2026-11-29; not tried in an account.
"""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.service_role import ServiceRole


class IcebergTable(Construct):
    """A table of format version 2, the newest that Athena reads; `key_columns` identify a row.

    Its files lie below `prefix` of `bucket`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: glue.Database,
        name: str,
        bucket: s3.IBucket,
        prefix: str,
        key_columns: Sequence[glue.Column],
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self._files = bucket.arn_for_objects(f"{prefix}*")
        self._location = bucket.s3_url_for_object(prefix)
        columns = [
            glue.CfnTable.ColumnProperty(name=column.name, type=column.type.input_string)
            for column in key_columns
        ]
        table = glue.CfnTable(
            self,
            "Table",
            catalog_id=Stack.of(self).account,
            database_name=database.database_name,
            open_table_format_input=glue.CfnTable.OpenTableFormatInputProperty(
                iceberg_input=glue.CfnTable.IcebergInputProperty(
                    metadata_operation="CREATE", version="2"
                )
            ),
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=self._location, columns=columns
                ),
            ),
        )
        self.database_name, self.table_name = database.database_name, table.ref
        stack = Stack.of(self)
        self.arns = [
            stack.format_arn(service="glue", resource="catalog"),
            database.database_arn,
            stack.format_arn(
                service="glue",
                resource="table",
                resource_name=f"{database.database_name}/{self.table_name}",
            ),
        ]
        """The catalogue, the database and the table, which a call of Glue names all three."""

    @property
    def sql_name(self) -> str:
        """How a query names it, whose database is the lake's."""
        return self._name

    def spark_catalog(self) -> dict[str, str]:
        """Properties of the Spark catalogue that has the table.

        docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html
        """
        return {
            "catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
            "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
            "warehouse": self._location,
        }

    def allow_commits(self, role: ServiceRole) -> None:
        """Let a job read the table and commit to it.

        Iceberg deletes the files of a commit that was refused and the oldest metadata, and its
        S3FileIO uploads large files in parts, which it aborts when a task fails (apache/iceberg,
        aws/src/main/java/org/apache/iceberg/aws/s3/S3OutputStream.java, read 2026-11-29).
        """
        role.allow(
            "KeepTheCuratedFlights",
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            self._files,
            wildcard_because="Iceberg names its files itself, below the prefix of the table",
        )
        role.allow("CommitToTheTable", ["glue:GetTable", "glue:UpdateTable"], *self.arns)
