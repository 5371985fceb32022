"""A crawler over the raw log: what arrives, should it ever differ from the schema (ET-02)."""

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog


class Discovery(Construct):
    """Infers a table `raw_flights` from the raw log, on `schedule` or on demand.

    `schedule` is Glue's six-field cron in UTC, None for on demand.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        raw: s3.IBucket,
        catalog: Catalog,
        key: kms.IKey,
        schedule: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        role = ServiceRole(self, "Role", "glue", confused_deputy_guard=False)
        role.allow("ListTheRawLog", ["s3:ListBucket", "s3:GetBucketLocation"], raw.bucket_arn)
        role.allow(
            "ReadTheRawLog",
            ["s3:GetObject"],
            raw.arn_for_objects("flights/*"),
            wildcard_because="the log's objects are what it reads",
        )
        role.allow_key("DecryptTheRawLog", key, "s3", writes=False)
        database = catalog.database
        role.allow(
            "DescribeWhatItFinds",
            [
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:CreateTable",
                "glue:UpdateTable",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
                "glue:BatchCreatePartition",
                "glue:BatchUpdatePartition",
            ],
            *catalog.arns(),
            # Its own tables; the lake's, whose columns are the contract, are out of its reach.
            Stack.of(self).format_arn(
                service="glue", resource="table", resource_name=f"{database.database_name}/raw_*"
            ),
            wildcard_because="it names its tables after the folders it finds, behind this prefix",
        )
        role.allow_glue_basics()
        self.crawler = glue.CfnCrawler(
            self,
            "Crawler",
            role=role.role_arn,
            database_name=database.database_name,
            table_prefix="raw_",
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[
                    glue.CfnCrawler.S3TargetProperty(path=f"s3://{raw.bucket_name}/flights/")
                ]
            ),
            # The log only grows, so only new folders need a look.
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(
                recrawl_behavior="CRAWL_NEW_FOLDERS_ONLY"
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="LOG", delete_behavior="LOG"
            ),
            schedule=glue.CfnCrawler.ScheduleProperty(schedule_expression=schedule)
            if schedule
            else None,
            crawler_security_configuration=catalog.security.security_configuration_name,
        )
        self.crawler.node.add_dependency(role)
