"""SQL over the lake: an Athena work group that nobody can talk out of its rules."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from repository import ROOT
from stacks.shared.athena_work_group import AthenaWorkGroup
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
        work_group = AthenaWorkGroup(
            self, "Readers", name=name, bucket=lake, key=key, limit_mebibytes=limit_mebibytes
        )
        work_group.keep_queries(
            self,
            SQL,
            database=catalog.database.database_name,
            blanks={"LakeBucket": lake.bucket_name},
        )
