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
from constructs import Construct


class IcebergTable(Construct):
    """A table of format version 2, the newest that Athena reads; `key_columns` identify a row."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: glue.Database,
        name: str,
        location: str,
        key_columns: Sequence[glue.Column],
    ) -> None:
        super().__init__(scope, construct_id)
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
                    location=location, columns=columns
                ),
            ),
        )
        self.table_name = table.ref
        self.table_arn = Stack.of(self).format_arn(
            service="glue",
            resource="table",
            resource_name=f"{database.database_name}/{self.table_name}",
        )
