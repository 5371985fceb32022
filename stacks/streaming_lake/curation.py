"""The materialised view: a Spark job that merges events into an Iceberg table, one row a flight."""

import runpy
from pathlib import Path

from aws_cdk import Aws, Names
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from repository import ROOT
from stacks.shared.bundle import source_file, spark_bundle
from stacks.shared.foundation import Foundation
from stacks.shared.glue_logs import GlueLogs
from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import EVENTS, REPLAYED, STATE, WEATHER
from stacks.streaming_lake.settings import StreamingLakeSettings

_JOB = "streaming_lake/curate_flights"
_SOURCE = ROOT / "spark_jobs" / _JOB


class Curation(Construct):
    """The Glue job, its schedule and its data quality rules (ET-03, ET-05, SE-26).

    The job evaluates the rules on a branch of the table and publishes the branch only if all hold.
    They are a rule set of Glue as well, for whoever evaluates the whole table in Glue's console.

    Spark code removes duplicates by `event_id`; FindMatches (ET-04) would need a trained transform
    to find the same.
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
        self._lake, self._catalog = lake, catalog
        script = s3_assets.Asset(self, "Script", path=str(source_file(_SOURCE / "main.py")))
        modules = s3_assets.Asset(self, "Modules", path=str(spark_bundle(_JOB)))
        self.role = self._role(foundation.key, script, modules)
        security = catalog.security.security_configuration_name
        GlueLogs.of_job(self, foundation=foundation, role=self.role, security=security)
        arguments = {
            "--lake_bucket": lake.bucket_name,
            "--database": catalog.curated.database_name,
            "--extra-py-files": modules.s3_object_url,
            "--enable-auto-scaling": "true",
            "--enable-metrics": "true",
            "--enable-observability-metrics": "true",
            # The job remembers what it has read (its docstring tells why), so no bookmark.
            "--job-bookmark-option": "job-bookmark-disable",
            # Puts Iceberg's jars, and the SDK of its GlueCatalog, on the job's class path.
            "--datalake-formats": "iceberg",
            "--conf": self._spark_settings(),
        }
        self.job = glue.CfnJob(
            self,
            "Job",
            role=self.role.role_arn,
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script.s3_object_url
            ),
            # Spark 3.5.6 and Python 3.11: the versions that the tests run.
            glue_version="5.1",
            worker_type="G.1X",
            number_of_workers=settings.curate_max_workers,
            execution_class="FLEX" if settings.curate_flex else "STANDARD",
            # Of two runs at once, Iceberg would refuse the later commit: work for nothing.
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            max_retries=2,
            timeout=120,
            default_arguments=arguments,
            security_configuration=security,
        )
        self.job.node.add_dependency(self.role)
        if settings.curate_schedule:
            glue.CfnTrigger(
                self,
                "Schedule",
                type="SCHEDULED",
                schedule=settings.curate_schedule,
                start_on_creation=True,
                actions=[glue.CfnTrigger.ActionProperty(job_name=self.job.ref)],
            )
        # Glue evaluates rules on tables of its own catalogue.
        if settings.table_format == "glue":
            self._quality(_SOURCE / "data_quality.dqdl")

    def _spark_settings(self) -> str:
        """Iceberg's extensions, the catalogue that has the table, and S3A's Region."""
        catalog = "spark.sql.catalog.glue_catalog"
        properties = self._catalog.curated.spark_catalog()
        settings = {
            "spark.sql.extensions": (
                "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
            ),
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            **{f"{catalog}.{name}": value for name, value in properties.items()},
            # Otherwise Spark keeps a table for 30 s, and a commit of the compaction goes unseen
            # (apache/iceberg, docs/docs/spark-configuration.md, read on 2026-11-29).
            f"{catalog}.cache-enabled": "false",
            # Glue 5.1's S3A asks us-east-2 unless it is told the Region (Glue guide, "Migrating to
            # AWS Glue version 5.1").
            "spark.hadoop.fs.s3a.endpoint.region": Aws.REGION,
        }
        return " --conf ".join(f"{name}={value}" for name, value in settings.items())

    def _quality(self, rules: Path) -> None:
        text = rules.read_text()
        # What the job could not evaluate would stop its first run: raises RuleError.
        runpy.run_path(str(rules.with_name("rules.py")))["parse"](text)
        glue.CfnDataQualityRuleset(
            self,
            "Quality",
            # CloudFormation demands a name.
            name=Names.unique_resource_name(self, separator="-"),
            description="What a curated flight promises its readers",
            ruleset=text,
            target_table=glue.CfnDataQualityRuleset.DataQualityTargetTableProperty(
                database_name=self._catalog.database.database_name,
                table_name=self._catalog.curated.table_name,
            ),
        )

    def _role(
        self, key: kms.IKey, script: s3_assets.Asset, modules: s3_assets.Asset
    ) -> ServiceRole:
        role = ServiceRole(self, "Role", "glue", confused_deputy_guard=False)
        lake = self._lake
        role.allow(
            "ReadItsCode",
            ["s3:GetObject"],
            *(asset.bucket.arn_for_objects(asset.s3_object_key) for asset in (script, modules)),
        )
        role.allow("ListTheLake", ["s3:ListBucket"], lake.bucket_arn)
        role.allow(
            "ReadItsInputs",
            ["s3:GetObject"],
            *(lake.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, REPLAYED, WEATHER)),
            wildcard_because="it reads every delivered file, and these prefixes only",
        )
        self._catalog.curated.allow_commits(role)
        role.allow(
            "RememberWhatItHasRead",
            ["s3:GetObject", "s3:PutObject"],
            lake.arn_for_objects(f"{STATE}*"),
            wildcard_because="the list of read files has the id of the table in its name",
        )
        role.allow_key("UseTheKey", key, "s3")
        role.allow_glue_basics()
        role.allow_metrics("PublishItsMetrics", "Glue")
        return role
