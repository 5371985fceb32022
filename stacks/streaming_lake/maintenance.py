"""What keeps the Iceberg table small: Glue compacts files and deletes what no snapshot needs."""

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import CURATED
from stacks.streaming_lake.settings import StreamingLakeSettings

_Optimizer = glue.CfnTableOptimizer
# Each optimizer logs to a group of its own name, the same for all tables of an account. The names
# are from knowledge of the page that the docstring names, which was read in part.
_LOGS = ("iceberg-compaction", "iceberg-retention", "iceberg-orphan-file-deletion")


class Maintenance(Construct):
    """Three table optimizers of the curated flights, under one role.

    Every commit leaves the files that it replaced for readers of earlier snapshots: after
    `snapshot_days` they go. Optimizers run when Glue finds enough to do, and are billed by the run.
    Rights: docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html, read on 2026-11-29.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        lake: s3.IBucket,
        catalog: Catalog,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(StreamingLakeSettings)
        self._catalog = catalog
        self._role = self._make_role(foundation, lake)
        self._optimizer("compaction", "Compaction")
        self._optimizer(
            "retention",
            "Retention",
            retention_configuration=_Optimizer.RetentionConfigurationProperty(
                iceberg_configuration=_Optimizer.IcebergRetentionConfigurationProperty(
                    snapshot_retention_period_in_days=settings.snapshot_days,
                    number_of_snapshots_to_retain=1,
                    # Otherwise the files of a snapshot that has expired would stay.
                    clean_expired_files=True,
                )
            ),
        )
        self._optimizer(
            "orphan_file_deletion",
            "OrphanFiles",
            orphan_file_deletion_configuration=_Optimizer.OrphanFileDeletionConfigurationProperty(
                iceberg_configuration=_Optimizer.IcebergConfigurationProperty(
                    # A run of the job takes hours at most: its files are no orphans by then.
                    orphan_file_retention_period_in_days=3
                )
            ),
        )

    def _optimizer(
        self,
        kind: str,
        construct_id: str,
        *,
        retention_configuration: _Optimizer.RetentionConfigurationProperty | None = None,
        orphan_file_deletion_configuration: (
            _Optimizer.OrphanFileDeletionConfigurationProperty | None
        ) = None,
    ) -> None:
        optimizer = _Optimizer(
            self,
            construct_id,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self._catalog.database.database_name,
            table_name=self._catalog.curated.table_name,
            type=kind,
            table_optimizer_configuration=_Optimizer.TableOptimizerConfigurationProperty(
                enabled=True,
                role_arn=self._role.role_arn,
                retention_configuration=retention_configuration,
                orphan_file_deletion_configuration=orphan_file_deletion_configuration,
            ),
        )
        # The policy is there before the first run.
        optimizer.node.add_dependency(self._role)

    def _make_role(self, foundation: Foundation, lake: s3.IBucket) -> ServiceRole:
        role = ServiceRole(self, "Role", "glue", confused_deputy_guard=False)
        role.allow("ListTheLake", ["s3:ListBucket"], lake.bucket_arn)
        role.allow(
            "RewriteTheFiles",
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            lake.arn_for_objects(f"{CURATED}*"),
            wildcard_because="Iceberg names its files itself, below the prefix of the table",
        )
        role.allow(
            "CommitToTheTable",
            ["glue:GetTable", "glue:UpdateTable"],
            *self._catalog.curated.arns,
        )
        role.allow_key("UseTheKey", foundation.key, "s3")
        prefix = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws-glue"
        role.allow(
            "WriteItsLogs",
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            *(f"{prefix}/{name}/logs:*" for name in _LOGS),
            wildcard_because="the log streams of three groups that the account's optimizers share",
        )
        return role
