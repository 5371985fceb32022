"""Lake Formation: some people see some columns and rows of the curated flights.

By setting, since a lake without it is simpler to reason about: the analyst's policy then reads no
file of the curated flights or the events, and Athena gets the files from Lake Formation, which
leaves out what the filter hides.
"""

from aws_cdk import Aws
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import CURATED
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage

_Filter = lakeformation.CfnDataCellsFilter
_Grant = lakeformation.CfnPrincipalPermissions


class ColumnGrants(Construct):
    """A filter on the curated flights, and who may select through it.

    The location is registered in hybrid mode: for the job, Firehose and the workflows, IAM alone
    decides, as before. Those who are granted are opted in by a command, since CloudFormation has no
    type for it (docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html, read on
    2026-11-29). Nothing here was verified in an account.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        catalog: Catalog,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(StreamingLakeSettings)
        database, table = catalog.database.database_name, catalog.curated.table_name
        role = self._role(foundation, storage)
        location = lakeformation.CfnResource(
            self,
            "Location",
            resource_arn=storage.lake.arn_for_objects(CURATED.rstrip("/")),
            role_arn=role.role_arn,
            use_service_linked_role=False,
            hybrid_access_enabled=True,
        )
        location.node.add_dependency(role)
        cells = _Filter(
            self,
            "Filter",
            name=f"{table}_for_analysts",
            table_catalog_id=Aws.ACCOUNT_ID,
            database_name=database,
            table_name=table,
            column_wildcard=_Filter.ColumnWildcardProperty(
                excluded_column_names=[*settings.hidden_columns]
            ),
            row_filter=_Filter.RowFilterProperty(filter_expression=settings.row_filter)
            if settings.row_filter
            else _Filter.RowFilterProperty(all_rows_wildcard={}),
        )
        cells.node.add_dependency(location, catalog)
        for number, principal in enumerate(settings.lake_formation, start=1):
            grant = _Grant(
                self,
                f"Grant{number}",
                principal=_Grant.DataLakePrincipalProperty(
                    data_lake_principal_identifier=principal
                ),
                resource=_Grant.ResourceProperty(
                    data_cells_filter=_Grant.DataCellsFilterResourceProperty(
                        table_catalog_id=Aws.ACCOUNT_ID,
                        database_name=database,
                        table_name=table,
                        name=cells.name,
                    )
                ),
                permissions=["SELECT"],
                permissions_with_grant_option=[],
            )
            grant.add_resource_dependency(cells)
        opted = f"DatabaseName={database},Name={table}"
        self.opt_in_command = (
            "aws lakeformation create-lake-formation-opt-in --principal"
            f" DataLakePrincipalIdentifier={settings.lake_formation[0]}"
            f" --resource 'Table={{{opted}}}'"
        )

    def _role(self, foundation: Foundation, storage: Storage) -> ServiceRole:
        """What Lake Formation reads files as, for those whom it has let in."""
        role = ServiceRole(self, "Role", "lakeformation", confused_deputy_guard=True)
        role.allow_list("ListCuratedFlights", storage.lake.bucket_arn, CURATED)
        role.allow(
            "ReadCuratedFlights",
            ["s3:GetObject"],
            storage.lake.arn_for_objects(f"{CURATED}*"),
            wildcard_because="the files of the one table that it grants",
        )
        role.allow_key("DecryptThem", foundation.key, "s3", writes=False)
        return role
