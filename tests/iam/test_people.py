"""A policy to hand out allows what the work takes, needs all of it, and allows nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from local.services.iam.athena_permissions import start_query_execution
from local.services.iam.permission import ACCOUNT, PARTITION, Permission, arn, use_of_key
from local.services.iam.storage_permissions import (
    bucket_arn,
    list_objects,
    object_arn,
    read_object,
    write_object,
)
from tests.iam.concrete import Deployed
from tests.iam.needs import deployed
from tests.iam.role_checks import Bench, mutants
from tests.iam.simulation import Request, Simulation, simulate
from tools.assembly import synthesise

PEOPLE = ("Producer", "Analyst", "Steward", "Analyst with Lake Formation")
LAKE, RAW = "StreamingLake/Storage/Lake", "StreamingLake/Storage/Raw"
DATABASE = "streaminglake"
TABLES = ("flights_events", "flights_curated", "weather_hourly")


# The simulator's copy of the Service Authorization Reference takes no colon in a context's name.
NOT_IN_THE_REFERENCE = {"context: kms:EncryptionContext:aws:s3:arn"}


@dataclass(frozen=True)
class Work:
    """What one person does, and what the person must not do."""

    needed: tuple[Permission, ...]
    refused: tuple[Permission, ...]


def _work(person: str, account: Deployed) -> Work:
    bucket, raw, stream = (
        account.concrete(f"{{{place}}}") for place in (LAKE, RAW, "StreamingLake/Ingestion/Events")
    )
    key = account.key_of(bucket_arn(bucket))
    stream_arn = arn("kinesis", f"stream/{stream}")
    encrypt = use_of_key(key, "kinesis", "GenerateDataKey")
    send = [Permission(f"kinesis:{name}", stream_arn) for name in ("PutRecord", "PutRecords")]
    job, crawler = (
        arn("glue", account.concrete(text))
        for text in (
            "job/{StreamingLake/Curation/Job}",
            "crawler/{StreamingLake/Discovery/Crawler}",
        )
    )
    run = [Permission("glue:StartJobRun", job)]
    load = list(write_object(account, bucket, "weather/month=2026-11/part-0"))
    set_aside = [
        *read_object(account, bucket, "rejected/arrival_hour=2026-11-29-00/one.jsonl"),
        *read_object(account, bucket, "errors/processing-failed/one"),
        *read_object(account, raw, "flights/arrival_hour=2026-11-29-00/one.gz"),
        *read_object(account, raw, "errors/one"),
    ]
    replay = Permission(
        "lambda:InvokeFunction",
        arn("lambda", f"function:{account.concrete('{StreamingLake/Replay}')}"),
    )
    filtered = person.endswith("Lake Formation")
    ask = _questions(account, TABLES[1:] if filtered else TABLES)
    change = [
        Permission("s3:PutObject", object_arn(bucket, "curated/data/part-0")),
        Permission("s3:DeleteObject", object_arn(bucket, "curated/data/part-0")),
        Permission("s3:DeleteObject", object_arn(raw, "flights/one.gz")),
        Permission("s3:PutObject", object_arn(bucket, "replayed/arrival_hour=one/one.json.gz")),
        Permission("s3:PutObject", object_arn(bucket, "state/curate_flights/one.json.gz")),
        Permission("lambda:InvokeFunction", arn("lambda", "function:another")),
        Permission("cloudformation:DescribeStacks", arn("cloudformation", "stack/Another/one")),
        Permission("cloudformation:DeleteStack", arn("cloudformation", "stack/StreamingLake/one")),
        Permission("glue:UpdateTable", arn("glue", "catalog")),
        Permission("athena:DeleteWorkGroup", arn("athena", "workgroup/StreamingLake")),
        *use_of_key(key, "secretsmanager", "Decrypt"),
        Permission("kms:Decrypt", key),
    ]
    read = [*use_of_key(key, "kinesis", "Decrypt"), Permission("kinesis:GetRecords", stream_arn)]
    match person:
        case "Producer":
            return Work((*send, *encrypt), (*read, *ask, *run, *load, *set_aside, *change, replay))
        case "Analyst with Lake Formation":
            # Lake Formation reads the files; the events hold the columns that it hides.
            lake = [f"{bucket_arn(bucket)}/{prefix}" for prefix in ("curated/", "events/")]
            files = [entry for entry in ask if entry.resource.startswith(lake[0])]
            files += [list_objects(bucket, "curated/"), list_objects(bucket, "events/")]
            files.append(Permission("s3:GetObject", f"{lake[1]}arrival_hour=one/part-0"))
            files.append(Permission("glue:GetTable", arn("glue", f"table/{DATABASE}/{TABLES[0]}")))
            needed = [entry for entry in ask if entry not in files]
            needed.append(Permission("lakeformation:GetDataAccess"))
            return Work(tuple(needed), (*files, *send, *encrypt, *run, *change, replay))
        case "Analyst":
            secret = [permission for permission in set_aside if permission.action == "s3:GetObject"]
            others = [Permission("s3:PutObject", object_arn(bucket, "training/first/part-0"))]
            other_group = arn("athena", "workgroup/primary")
            others.append(Permission("athena:StartQueryExecution", other_group))
            return Work(tuple(ask), (*send, *encrypt, *run, *others, *secret, *change, replay))
    runs = ("BatchStopJobRun", "GetJob", "GetJobRun", "GetJobRuns")
    run += [Permission(f"glue:{name}", job) for name in runs]
    run += [Permission(f"glue:{name}", crawler) for name in ("GetCrawler", "StartCrawler")]
    lists = ("rejected/", "errors/", "weather/", "state/curate_flights/")
    listed = [list_objects(bucket, prefix) for prefix in lists]
    listed += [list_objects(raw, prefix) for prefix in ("flights/", "errors/")]
    # What `make replay` asks besides: where the lake is, and what the run of the job counted.
    replays = [
        replay,
        Permission("cloudformation:DescribeStacks", arn("cloudformation", "stack/StreamingLake/*")),
        Permission(
            "cloudformation:DescribeStacks", arn("cloudformation", "stack/StreamingLake/id")
        ),
        *read_object(account, bucket, "state/curate_flights/one.json.gz"),
    ]
    return Work(
        (*run, *load, *set_aside, *listed, *replays),
        (*send, *encrypt, *change, list_objects(bucket, "curated/")),
    )


def _questions(account: Deployed, tables: Sequence[str]) -> list[Permission]:
    """A query of each table, and what the console and drivers ask of Athena itself."""
    group = arn("athena", "workgroup/StreamingLake")
    catalog = arn("athena", "datacatalog/AwsDataCatalog")
    asked = [
        permission
        for table in tables
        for permission in start_query_execution(
            {
                "QueryString": f"SELECT * FROM {table}",  # noqa: S608 -- nothing runs it
                "WorkGroup": "StreamingLake",
                "QueryExecutionContext": {"Database": DATABASE},
            },
            account,
        )
    ]
    asked += [
        Permission(f"athena:{name}", group)
        for name in (
            *("BatchGetNamedQuery", "BatchGetQueryExecution", "GetNamedQuery", "GetQueryResults"),
            *("GetQueryResultsStream", "GetWorkGroup", "ListNamedQueries", "ListQueryExecutions"),
        )
    ]
    names = ("GetDatabase", "GetTableMetadata", "ListDatabases", "ListTableMetadata")
    asked += [Permission(f"athena:{name}", catalog) for name in names]
    glue = [arn("glue", "catalog"), arn("glue", f"database/{DATABASE}")]
    glue += [arn("glue", f"table/{DATABASE}/{table}") for table in tables]
    return asked + [Permission("glue:GetTables", resource) for resource in glue]


def _account(person: str) -> Deployed:
    if not person.endswith("Lake Formation"):
        return deployed("everything")
    role = f"arn:aws:iam::{ACCOUNT}:role/analysts"
    settings = {"streaming_lake.lake_formation": role}
    return Deployed(synthesise("sandbox", settings, only=["streaming-lake"], gated=False))


@cache
def _decided(person: str) -> tuple[dict[str, list[str]], dict[str, str], Simulation]:
    """Kind -> ids of requests; mutants as `without ...`; id -> what it is; the decisions."""
    account, bench = _account(person), Bench()
    (policy,) = (
        entry
        for entry in account.of_type("AWS::IAM::ManagedPolicy")
        if entry.place == f"StreamingLake/People/{person.partition(' ')[0]}"
    )
    document = account.concrete(policy.properties["PolicyDocument"])
    statements = document["Statement"]
    own, work = bench.policy(person, statements), _work(person, account)
    titles: dict[str, str] = {}

    def ask(permission: Permission, policy: str, *, validate: bool = False) -> str:
        resource_policy = account.resource_policy(permission.resource)
        request = Request(
            f"{person} {len(titles)}",
            f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/people/alice",
            permission.action,
            permission.resource,
            {**permission.context, "aws:SecureTransport": "true"},
            [policy],
            bench.policy(f"policy of {permission.resource}", resource_policy["Statement"])
            if resource_policy
            else "",
            validate=validate,
        )
        titles[request.id] = f"{permission.action} on {permission.resource}"
        return bench.ask(request)

    kinds = {
        "needed": [ask(permission, own, validate=True) for permission in work.needed],
        "refused": [ask(permission, own) for permission in work.refused],
    }
    for title, others, actions in mutants(statements):
        changed = bench.policy(f"{person} without {title}", others)
        kinds[f"without {title}"] = [
            ask(permission, changed)
            for permission in work.needed
            if permission.action.lower() in actions
        ]
    return kinds, titles, simulate(bench.policies, bench.requests)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_policy_allows_what_the_work_takes(person: str) -> None:
    kinds, titles, simulation = _decided(person)
    assert [titles[request] for request in kinds["needed"] if not simulation.allows(request)] == []
    assert set(simulation.unknown.values()) <= NOT_IN_THE_REFERENCE


@pytest.mark.parametrize("person", PEOPLE)
def test_a_policy_allows_nothing_beside_it(person: str) -> None:
    kinds, titles, simulation = _decided(person)
    assert kinds["refused"]
    assert [titles[request] for request in kinds["refused"] if simulation.allows(request)] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_each_action_and_resource_of_a_policy_is_needed(person: str) -> None:
    kinds, _, simulation = _decided(person)
    unneeded = [
        kind
        for kind, requests in kinds.items()
        if kind.startswith("without ") and all(map(simulation.allows, requests))
    ]
    assert unneeded == []
