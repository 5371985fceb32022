"""Queries of workflows, and what whoever asks the lake's Athena needs besides the tables."""

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from repository import ROOT
from stacks.ml_platform.training.training_data import LakeOutputs
from stacks.shared.service_role import ServiceRole


def query_text(file: str) -> str:
    """A query of `sql/` in one line, without comments, as the definition of a workflow holds it.

    Raises ValueError if it has characters that would end the definition's string.
    """
    lines = (ROOT / "sql" / file).read_text().splitlines()
    query = " ".join(line.strip() for line in lines if not line.startswith("--"))
    if {'"', "\\"} & set(query):
        raise ValueError(f"sql/{file}: neither double quotes nor backslashes fit into the workflow")
    return query


def allow_queries(role: ServiceRole, lake: LakeOutputs) -> None:
    """Allow running queries in the lake's work group, and waiting for them.

    docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
    """
    stack = Stack.of(role)
    role.allow(
        "AskTheLake",
        [
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        ],
        stack.format_arn(
            service="athena", resource="workgroup", resource_name=lake.work_group_name
        ),
    )
    role.allow(
        "KnowTheCatalog",
        ["athena:GetDataCatalog"],
        stack.format_arn(service="athena", resource="datacatalog", resource_name="AwsDataCatalog"),
    )


def allow_results(
    role: ServiceRole, scope: Construct, lake: LakeOutputs, *queried: s3.IBucket
) -> None:
    """Allow Athena to write results where the work group says, and to read them back.

    `queried`: the buckets of the tables.
    """
    results = s3.Bucket.from_bucket_name(scope, "Results", lake.results_bucket_name)
    role.allow(
        "LocateTheBuckets",
        ["s3:GetBucketLocation"],
        *(bucket.bucket_arn for bucket in queried),
        results.bucket_arn,
    )
    role.allow_list("FindResults", results.bucket_arn, "athena-results/")
    role.allow("LookAtUploads", ["s3:ListBucketMultipartUploads"], results.bucket_arn)
    role.allow(
        "WriteResults",
        [
            "s3:GetObject",
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ],
        results.arn_for_objects("athena-results/*"),
        wildcard_because="Athena names its files, below this prefix",
    )
