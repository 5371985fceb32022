"""What Athena asks of its caller: of itself, of Glue, of S3 and of the key of the data.

docs.aws.amazon.com/step-functions/latest/dg/athena-iam.html: the actions of `.sync`, without a rule
of EventBridge, with athena:GetDataCatalog and with the parts of multipart uploads. Read 2026-11-28.
"""

import re

from local.services.iam.permission import Account, Arguments, Permission, arn
from local.services.iam.storage_permissions import (
    bucket_arn,
    list_objects,
    object_arn,
    read_object,
    write_object,
)
from local.services.s3.uri import split_uri

_TABLE = re.compile(
    r"\b(?:FROM|JOIN)\s+(?!UNNEST\b)(?:\"?(?P<database>\w+)\"?\.)?\"?(?P<table>\w+)\"?", re.I
)
# What a query names itself, by WITH, is no table.
_NAMED = re.compile(r"(?:\bWITH|,)\s+(?P<name>\w+)\s+AS\s+\(", re.I)
_UNLOAD = re.compile(r"\bTO 's3://(?P<bucket>[^/']+)/(?P<prefix>[^']*)'")


def start_query_execution(arguments: Arguments, account: Account) -> list[Permission]:
    """`athena:startQueryExecution.sync` of a SELECT or an UNLOAD."""
    query, work_group = arguments["QueryString"], arguments["WorkGroup"]
    database = arguments["QueryExecutionContext"]["Database"]
    permissions = [
        Permission(f"athena:{verb}QueryExecution", arn("athena", f"workgroup/{work_group}"))
        for verb in ("Start", "Get", "Stop")
    ]
    permissions.append(
        Permission("athena:GetDataCatalog", arn("athena", "datacatalog/AwsDataCatalog"))
    )
    named = {match["name"] for match in _NAMED.finditer(query)}
    tables = {match["table"]: match for match in _TABLE.finditer(query)}
    for table in (match for name, match in tables.items() if name not in named):
        permissions += _read_table(table["database"] or database, table["table"], account)
    results = split_uri(account.results_location(work_group))
    permissions += _write(*results, account)
    # It reads back what a query wrote, for GetQueryResults and to continue a failed part.
    permissions += read_object(account, results[0], f"{results[1]}result.csv")
    if unload := _UNLOAD.search(query):
        permissions += _write(unload["bucket"], unload["prefix"], account)
    return permissions


def get_query_results(arguments: Arguments, account: Account) -> list[Permission]:
    """`athena:getQueryResults`: the rows of a query, which Athena reads from where it wrote them.

    docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html (from knowledge of it).
    """
    work_group = account.work_group_of(arguments["QueryExecutionId"])
    bucket, prefix = split_uri(account.results_location(work_group))
    return [
        Permission("athena:GetQueryResults", arn("athena", f"workgroup/{work_group}")),
        *read_object(account, bucket, f"{prefix}result.csv"),
    ]


def _read_table(database: str, table: str, account: Account) -> list[Permission]:
    catalog, of_database = arn("glue", "catalog"), arn("glue", f"database/{database}")
    of_table = arn("glue", f"table/{database}/{table}")
    bucket, prefix = split_uri(account.table_location(database, table))
    return [
        # Glue asks for a resource and for all that it lies in.
        *(Permission("glue:GetDatabase", resource) for resource in (catalog, of_database)),
        *(
            Permission(action, resource)
            for action in ("glue:GetTable", "glue:GetPartition", "glue:GetPartitions")
            for resource in (catalog, of_database, of_table)
        ),
        Permission("s3:GetBucketLocation", bucket_arn(bucket)),
        list_objects(bucket, prefix),
        *read_object(account, bucket, f"{prefix}part-0"),
    ]


def _write(bucket: str, prefix: str, account: Account) -> list[Permission]:
    return [
        Permission("s3:GetBucketLocation", bucket_arn(bucket)),
        Permission("s3:ListBucketMultipartUploads", bucket_arn(bucket)),
        list_objects(bucket, prefix),
        *(
            Permission(f"s3:{action}", object_arn(bucket, f"{prefix}part-0"))
            for action in ("ListMultipartUploadParts", "AbortMultipartUpload")
        ),
        *write_object(account, bucket, f"{prefix}part-0"),
    ]
