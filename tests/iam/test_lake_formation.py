"""Lake Formation reads the curated flights for those whom it lets in, with nothing to spare."""

from functools import cache

from local.services.iam.permission import ACCOUNT, PARTITION, Permission
from local.services.iam.storage_permissions import list_objects, object_arn, read_object
from tests.iam.concrete import Deployed
from tests.iam.role_checks import Bench, mutants
from tests.iam.simulation import Request, Simulation, simulate
from tools.assembly import synthesise

ROLE, LAKE = "StreamingLake/Grants/Role", "{StreamingLake/Storage/Lake}"
ANALYSTS = f"arn:aws:iam::{ACCOUNT}:role/analysts"


@cache
def decided() -> tuple[dict[str, list[str]], Simulation]:
    """Policy -> the ids of the requests that it decides, and the decisions."""
    settings = {"streaming_lake.lake_formation": ANALYSTS}
    assembly = synthesise("sandbox", settings, only=["streaming-lake"], gated=False)
    account, bench = Deployed(assembly), Bench()
    bucket = account.concrete(LAKE)
    statements = [account.concrete(dict(entry)) for entry in assembly.roles[ROLE].statements]
    reading = [
        list_objects(bucket, "curated/"),
        *read_object(account, bucket, "curated/data/part-0.parquet"),
    ]
    beside = [
        Permission("s3:GetObject", object_arn(bucket, "rejected/one.jsonl")),
        Permission("s3:PutObject", object_arn(bucket, "curated/data/part-0.parquet")),
    ]

    def resource_policy(resource: str) -> str:
        document = account.resource_policy(resource)
        return bench.policy(f"policy of {resource}", document["Statement"]) if document else ""

    def ask(policy: str, permissions: list[Permission]) -> list[str]:
        requests = [
            Request(
                f"{policy} {number}",
                f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/lake-formation/session",
                permission.action,
                permission.resource,
                {**permission.context, "aws:SecureTransport": "true"},
                [policy],
                resource_policy(permission.resource),
            )
            for number, permission in enumerate(permissions)
        ]
        return [bench.ask(request) for request in requests]

    requests = {"as it is": ask(bench.policy("as it is", statements), reading)}
    requests["beside"] = ask(bench.policy("beside", statements), beside)
    for title, others, _ in mutants(statements):
        policy = f"without {title}"
        requests[policy] = ask(bench.policy(policy, others), reading)
    return requests, simulate(bench.policies, bench.requests)


def test_it_lists_reads_and_decrypts_the_files_of_the_table() -> None:
    requests, simulation = decided()
    assert len(requests["as it is"]) == 3
    assert [key for key in requests["as it is"] if not simulation.allows(key)] == []
    assert [key for key in requests["beside"] if simulation.allows(key)] == []


def test_each_statement_is_needed() -> None:
    requests, simulation = decided()
    spare = [
        policy
        for policy, keys in requests.items()
        if policy.startswith("without ") and all(map(simulation.allows, keys))
    ]
    assert spare == []
