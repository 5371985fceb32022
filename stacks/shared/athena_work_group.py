"""An Athena work group whose settings clients cannot override, and its named queries."""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from types import MappingProxyType

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AthenaWorkGroup(athena.CfnWorkGroup):
    """A work group that writes encrypted results below `athena-results/` of a bucket (ET-07).

    Athena cancels a query that would scan more than `limit_mebibytes`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bucket: s3.IBucket,
        key: kms.IKey,
        limit_mebibytes: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            # CloudFormation requires a name, and readers type it.
            name=name,
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                # Clients cannot choose another location or key for results.
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=limit_mebibytes * 1024 * 1024,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{bucket.bucket_name}/athena-results/",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )

    def add_named_queries(
        self,
        scope: Construct,
        folder: Path,
        *,
        database: str,
        substitutions: Mapping[str, str],
        table_names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add every file of `folder` as a named query, with `${substitutions}` replaced.

        `table_names` are what tables that are not in `database` are called instead.
        """
        for file in sorted(folder.glob("*.sql")):
            text = Template(file.read_text()).substitute(substitutions)
            for name, full_name in table_names.items():
                text = re.sub(rf"\b{name}\b", full_name, text)
            query = athena.CfnNamedQuery(
                scope,
                file.stem.title().replace("_", ""),
                name=file.stem.replace("_", " "),
                # The first comment of the file is the question it answers.
                description=text.splitlines()[0].removeprefix("-- "),
                database=database,
                work_group=self.name,
                query_string=text,
            )
            query.add_resource_dependency(self)
