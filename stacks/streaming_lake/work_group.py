"""The Athena work group, and the queries of `sql/streaming_lake/` as named queries."""

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from repository import ROOT
from stacks.shared.athena_work_group import AthenaWorkGroup
from stacks.shared.foundation import Foundation
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.settings import StreamingLakeSettings

SQL = ROOT / "sql" / "streaming_lake"


class WorkGroup(Construct):
    """Athena v3 with encrypted results and a scan limit per query (ET-06, ET-07)."""

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
        work_group = AthenaWorkGroup(
            self,
            "Readers",
            name=Stack.of(self).stack_name,
            bucket=lake,
            key=foundation.key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        work_group.add_named_queries(
            self,
            SQL,
            database=catalog.database.database_name,
            substitutions={"LakeBucket": lake.bucket_name},
        )
        self.name = work_group.name
