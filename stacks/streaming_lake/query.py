"""SQL over the lake: an Athena work group that nobody can talk out of its rules."""

from string import Template

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.bundle import ROOT
from stacks.streaming_lake.catalog import Catalog

SQL = ROOT / "sql" / "streaming_lake"


class Query(Construct):
    """The work group and the named queries of `sql/streaming_lake/` (ET-06, ET-07).

    `limit_mebibytes`: a query that would scan more is cancelled.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        lake: s3.IBucket,
        catalog: Catalog,
        key: kms.IKey,
        limit_mebibytes: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.work_group = athena.CfnWorkGroup(
            self,
            "Readers",
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
                    output_location=f"s3://{lake.bucket_name}/athena-results/",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )
        blanks = {"LakeBucket": lake.bucket_name}
        for file in sorted(SQL.glob("*.sql")):
            text = Template(file.read_text()).substitute(blanks)
            query = athena.CfnNamedQuery(
                self,
                file.stem.title().replace("_", ""),
                name=file.stem.replace("_", " "),
                # The file's first comment says what it answers.
                description=text.splitlines()[0].removeprefix("-- "),
                database=catalog.database.database_name,
                work_group=name,
                query_string=text,
            )
            query.add_resource_dependency(self.work_group)
