"""The Athena work group, the bucket of its results, and `sql/streaming_lake/` as named queries."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from repository import ROOT
from stacks.shared.athena_work_group import AthenaWorkGroup
from stacks.shared.foundation import Foundation
from stacks.shared.secure_bucket import SecureBucket
from stacks.streaming_lake.catalog import CURATED_FLIGHTS, Catalog
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage

SQL = ROOT / "sql" / "streaming_lake"


class WorkGroup(Construct):
    """Athena v3 with encrypted results and a scan limit per query (ET-06, ET-07).

    Results have a bucket of their own, so that whoever asks writes nothing into the lake. Athena's
    managed results would need no bucket, but go after a day, and jobs cannot read them from S3
    (docs.aws.amazon.com/athena/latest/ug/managed-results.html, read on 2026-11-29).
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
        self.results = SecureBucket(
            self,
            "Results",
            foundation=foundation,
            access_logs=storage.access_logs,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=Duration.days(settings.query_result_days))
            ],
        )
        work_group = AthenaWorkGroup(
            self,
            "Readers",
            name=Stack.of(self).stack_name,
            bucket=self.results,
            key=foundation.key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        work_group.add_named_queries(
            self,
            SQL,
            database=catalog.database.database_name,
            substitutions={"LakeBucket": storage.lake.bucket_name},
            table_names={CURATED_FLIGHTS: catalog.curated.sql_name},
        )
        self.name = work_group.name
