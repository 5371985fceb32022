"""Policies to hand out: who sends events, who asks questions, and who looks after the lake.

    aws iam attach-role-policy --role-name analysts --policy-arn <AnalystPolicyArn>

No role of the stack has them. Each allows what one person's work takes; a steward who also asks
questions gets two.
"""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.statements import HandedOutPolicy
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.prefixes import (
    CURATED,
    ERRORS,
    EVENTS,
    RAW_FLIGHTS,
    REJECTED,
    STATE,
    WEATHER,
)
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage
from stacks.streaming_lake.streaming_table import StreamingTable
from stacks.streaming_lake.table_bucket import TableBucket
from stacks.streaming_lake.work_group import WorkGroup

_TABLES = (EVENTS, CURATED, WEATHER)
# With Lake Formation, which reads the curated flights itself: events hold what it hides of them.
_BESIDE_LAKE_FORMATION = (WEATHER,)

_BESIDE_THE_TABLE_BUCKET = (EVENTS, WEATHER)


class People(Construct):
    """Least privilege for people and programs outside the stack (SE-01)."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self._key = foundation.key
        settings = foundation.environment.settings(StreamingLakeSettings)
        self._filtered = bool(settings.lake_formation)

    def producer(self, stream: kinesis.IStream) -> HandedOutPolicy:
        """Send events: put records on the stream, encrypted under the key. Reads nothing."""
        return self._producer("Producer", "Sends flight events to the lake", stream)

    def table_producer(self, table: StreamingTable) -> HandedOutPolicy:
        """The same for the stream of the streaming table."""
        return self._producer("TableProducer", "Sends events to the streaming table", table.stream)

    def _producer(
        self, construct_id: str, description: str, stream: kinesis.IStream
    ) -> HandedOutPolicy:
        policy = HandedOutPolicy(self, construct_id, description=description)
        policy.allow("SendEvents", ["kinesis:PutRecord", "kinesis:PutRecords"], stream.stream_arn)
        policy.allow_key("EncryptEvents", self._key, "kinesis", reads=False)
        return policy

    def table_analyst(self, table: StreamingTable) -> HandedOutPolicy:
        """Read the streaming table, for somebody who has the analyst's policy, too."""
        policy = HandedOutPolicy(self, "TableAnalyst", description="Reads the streaming table")
        table.allow_queries(policy)
        return policy

    def analyst(self, work_group: WorkGroup, storage: Storage, catalog: Catalog) -> HandedOutPolicy:
        """Ask questions in the work group: reads the tables, and writes nothing but results."""
        policy = HandedOutPolicy(self, "Analyst", description="Queries the lake with Athena")
        stack = Stack.of(self)
        policy.allow(
            "AskInTheWorkGroup",
            [
                "athena:BatchGetNamedQuery",
                "athena:BatchGetQueryExecution",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetQueryResultsStream",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            stack.format_arn(service="athena", resource="workgroup", resource_name=work_group.name),
        )
        policy.allow(
            "KnowTheCatalog",
            [
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetTableMetadata",
                "athena:ListDatabases",
                "athena:ListTableMetadata",
            ],
            stack.format_arn(
                service="athena", resource="datacatalog", resource_name="AwsDataCatalog"
            ),
        )
        policy.allow(
            "KnowTheTables",
            [
                "glue:GetDatabase",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            *catalog.arns(*([] if self._filtered else [catalog.events])),
            *(arn for arn in catalog.curated.arns if arn not in catalog.arns()),
            catalog.weather.table_arn,
        )
        policy.allow_key("UseTheKey", self._key, "s3")
        prefixes: Sequence[str] = _BESIDE_LAKE_FORMATION if self._filtered else _TABLES
        if isinstance(catalog.curated, TableBucket):
            catalog.curated.allow_queries(policy)
            prefixes = _BESIDE_THE_TABLE_BUCKET
        _allow_tables(policy, storage.lake, prefixes)
        _allow_results(policy, work_group.results)
        if self._filtered:
            policy.allow(
                "AskLakeFormation",
                ["lakeformation:GetDataAccess"],
                "*",
                wildcard_because="it takes no resource: Lake Formation's own grants decide",
            )
        return policy

    def steward(
        self,
        storage: Storage,
        job: glue.CfnJob,
        crawler: glue.CfnCrawler,
        replay: lambda_.IFunction,
    ) -> HandedOutPolicy:
        """Look after the lake: what was refused, the raw log and its replay, weather, and the job.

        Deletes nothing: what is wrong in the tables is mended by another run.
        """
        policy = HandedOutPolicy(self, "Steward", description="Looks after the lake's data")
        stack, lake, raw = Stack.of(self), storage.lake, storage.raw
        policy.allow_list("ListTheLake", lake.bucket_arn, REJECTED, ERRORS, WEATHER, STATE)
        policy.allow_list("ListTheRawLog", raw.bucket_arn, RAW_FLIGHTS, ERRORS)
        policy.allow(
            "ReadWhatWasSetAside",
            ["s3:GetObject"],
            *(lake.arn_for_objects(f"{prefix}*") for prefix in (REJECTED, ERRORS, STATE)),
            *(raw.arn_for_objects(f"{prefix}*") for prefix in (RAW_FLIGHTS, ERRORS)),
            wildcard_because="a steward looks at any record that was refused, at its original, and"
            " at what the job remembers of its runs",
        )
        policy.allow(
            "FindTheReplay",
            ["cloudformation:DescribeStacks"],
            stack.format_arn(
                service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*"
            ),
            wildcard_because="its commands ask for the stack by its name, without the id that ends"
            " its ARN",
        )
        policy.allow("ReplayTheRawLog", ["lambda:InvokeFunction"], replay.function_arn)
        policy.allow(
            "LoadWeather",
            ["s3:PutObject"],
            lake.arn_for_objects(f"{WEATHER}*"),
            wildcard_because="one object a month, below this prefix only",
        )
        policy.allow_key("UseTheKey", self._key, "s3")
        policy.allow(
            "RunTheJob",
            [
                "glue:BatchStopJobRun",
                "glue:GetJob",
                "glue:GetJobRun",
                "glue:GetJobRuns",
                "glue:StartJobRun",
            ],
            stack.format_arn(service="glue", resource="job", resource_name=job.ref),
        )
        policy.allow(
            "RunTheCrawler",
            ["glue:GetCrawler", "glue:StartCrawler"],
            stack.format_arn(service="glue", resource="crawler", resource_name=crawler.ref),
        )
        return policy


def _allow_tables(policy: HandedOutPolicy, lake: s3.IBucket, prefixes: Sequence[str]) -> None:
    """What Athena reads under the rights of whoever asks."""
    policy.allow("FindTheLake", ["s3:GetBucketLocation"], lake.bucket_arn)
    policy.allow_list("ListTheTables", lake.bucket_arn, *prefixes)
    policy.allow(
        "ReadTheTables",
        ["s3:GetObject"],
        *(lake.arn_for_objects(f"{prefix}*") for prefix in prefixes),
        wildcard_because="a query reads any file of the tables, and nothing beside them",
    )


def _allow_results(policy: HandedOutPolicy, results: s3.IBucket) -> None:
    """What Athena writes under the rights of whoever asks, and reads back."""
    policy.allow(
        "FindResults",
        ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        results.bucket_arn,
    )
    policy.allow(
        "KeepResults",
        [
            "s3:AbortMultipartUpload",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        results.arn_for_objects("*"),
        wildcard_because="Athena writes results under its caller's rights, and names them",
    )
