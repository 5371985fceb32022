"""Where readers ask: an Athena work group that nobody can widen, and the queries kept beside it."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AthenaWorkGroup(athena.CfnWorkGroup):
    """A work group whose results lie encrypted below `athena-results/` of a bucket (ET-07).

    A query that would read more than `limit_mebibytes` is stopped.
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
            # CloudFormation demands a name, and readers type it.
            name=name,
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                # A client cannot choose another place or another key for its results.
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

    def keep_queries(
        self, scope: Construct, folder: Path, *, database: str, blanks: Mapping[str, str]
    ) -> None:
        """Keep every file of `folder` as a named query, its `${blanks}` filled in."""
        for file in sorted(folder.glob("*.sql")):
            text = Template(file.read_text()).substitute(blanks)
            query = athena.CfnNamedQuery(
                scope,
                file.stem.title().replace("_", ""),
                name=file.stem.replace("_", " "),
                # The file's first comment says what it answers.
                description=text.splitlines()[0].removeprefix("-- "),
                database=database,
                work_group=self.name,
                query_string=text,
            )
            query.add_resource_dependency(self)
