"""A Glue crawler over the raw log: shows when events differ from the schema."""

import json

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.glue_logs import GlueLogs
from stacks.shared.service_role import ServiceRole
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import RAW_FLIGHTS
from stacks.streaming_lake.settings import StreamingLakeSettings


class RawLogCrawler(Construct):
    """Infers a table `raw_flights` from the raw log, on schedule or on demand (ET-02)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        raw_bucket: s3.IBucket,
        catalog: Catalog,
    ) -> None:
        super().__init__(scope, construct_id)
        schedule = foundation.environment.settings(StreamingLakeSettings).crawl_schedule
        role = ServiceRole(self, "Role", "glue", confused_deputy_guard=False)
        role.allow(
            "ListTheRawLog", ["s3:ListBucket", "s3:GetBucketLocation"], raw_bucket.bucket_arn
        )
        role.allow(
            "ReadTheRawLog",
            ["s3:GetObject"],
            raw_bucket.arn_for_objects(f"{RAW_FLIGHTS}*"),
            wildcard_because="it reads every object of the raw log",
        )
        role.allow_key("DecryptTheRawLog", foundation.key, "s3", writes=False)
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
            # Its own tables only: the columns of the lake's tables are a contract.
            Stack.of(self).format_arn(
                service="glue", resource="table", resource_name=f"{database.database_name}/raw_*"
            ),
            wildcard_because="the crawler names tables after folders, with this prefix",
        )
        role.allow_glue_basics()
        security = catalog.security.security_configuration_name
        GlueLogs.of_crawler(self, foundation=foundation, role=role, security=security)
        self.crawler = glue.CfnCrawler(
            self,
            "Crawler",
            role=role.role_arn,
            database_name=database.database_name,
            table_prefix="raw_",
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[
                    glue.CfnCrawler.S3TargetProperty(
                        path=f"s3://{raw_bucket.bucket_name}/{RAW_FLIGHTS}"
                    )
                ]
            ),
            # The log is append-only, so only new folders need a crawl.
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(
                recrawl_behavior="CRAWL_NEW_FOLDERS_ONLY"
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="LOG", delete_behavior="LOG"
            ),
            # A partition with types of its own (an hour that holds 2.0, or "2") would fail Athena's
            # queries with HIVE_PARTITION_SCHEMA_MISMATCH (Glue guide, crawler configuration
            # options; no crawler runs locally).
            configuration=json.dumps(
                {
                    "Version": 1.0,
                    "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
                }
            ),
            schedule=glue.CfnCrawler.ScheduleProperty(schedule_expression=schedule)
            if schedule
            else None,
            crawler_security_configuration=security,
        )
        self.crawler.node.add_dependency(role)
