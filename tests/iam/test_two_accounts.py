"""One account registers models, another one approves and serves them; both must allow each request.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html:
across accounts, the caller's policies and the resource's must both allow. What the serving account
allows its workflows is held by `test_workflow_roles.py`; here, what the registry's account shares:
all of it is needed, and nothing beside it is shared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from local.services.iam.delivery import to_bus
from local.services.iam.permission import ACCOUNT, PARTITION, REGION, Permission, use_of_key
from local.services.iam.storage_permissions import list_objects, object_arn, read_object
from stacks.ml_platform.training.model_sharing import APPROVAL_EVENT
from tests.iam.concrete import Deployed
from tests.iam.needs import REGISTRY, assembly_of, deployed, registry, workflows
from tests.iam.role_checks import Bench, mutants
from tests.iam.simulation import Request, Simulation, simulate

BUCKET, KEY = "mltraining-bucket", f"arn:aws:kms:us-east-1:{REGISTRY}:key/mlnetwork-key"
_SAGEMAKER = f"arn:{PARTITION}:sagemaker:{REGION}:{REGISTRY}"
PACKAGE = f"{_SAGEMAKER}:model-package/flight-delay/1"
APPROVER = "MlEndpoint/Approver"
BUS = f"arn:{PARTITION}:events:{REGION}:{ACCOUNT}:event-bus/default"
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_THROUGH_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}


def _status(status: str) -> dict[str, str]:
    return {"sagemaker:ModelApprovalStatus": status}


@dataclass(frozen=True)
class Ask:
    """A request of a role of the serving account to a resource of the registry's."""

    permission: Permission
    role: str
    """The place of the role or managed policy; empty for who may do everything in its account."""


def _of_workflows() -> Iterator[Ask]:
    account = deployed("elsewhere")
    for needs in workflows(assembly_of("elsewhere"), account):
        for permission in needs.permissions:
            if account.owner(permission.resource) == REGISTRY:
                yield Ask(permission, needs.role.place)


def _of_models() -> Iterator[Ask]:
    """What SageMaker reads under the role of a model, from inside the other account's VPC."""
    account = deployed("elsewhere")
    for permission in (
        list_objects(BUCKET, "models/a-run-0-0/output/model.tar.gz"),
        *read_object(account, BUCKET, "models/a-run-0-0/output/model.tar.gz"),
        list_objects(BUCKET, "evaluation/a-run/smoke_test/"),
        *read_object(account, BUCKET, "evaluation/a-run/smoke_test/flights.json"),
    ):
        yield Ask(permission, "MlEndpoint/Role")


def _of_people() -> Iterator[Ask]:
    """Whoever approves looks at the group, and at the package with its card."""
    for model in ("flight-delay", "energy-demand"):
        group = f"{_SAGEMAKER}:model-package-group/{model}"
        package = f"{_SAGEMAKER}:model-package/{model}/1"
        for action, resource in (
            ("DescribeModelPackageGroup", group),
            ("ListModelPackages", group),
            ("ListModelPackages", package),
            ("DescribeModelPackage", package),
        ):
            yield Ask(Permission(f"sagemaker:{action}", resource), APPROVER)
        for status in ("Approved", "Rejected"):
            update = Permission("sagemaker:UpdateModelPackage", package, _status(status))
            yield Ask(update, APPROVER)


def _of_approver() -> list[dict[str, Any]]:
    """The statements of the policy that people get who approve."""
    account = deployed("elsewhere")
    (policy,) = account.of_type("AWS::IAM::ManagedPolicy")
    assert policy.place == APPROVER
    statements: list[dict[str, Any]] = account.concrete(policy.properties["PolicyDocument"])[
        "Statement"
    ]
    return statements


NOT_SHARED = [
    Permission("sagemaker:CreateModelPackage", PACKAGE),
    Permission("sagemaker:DeleteModelPackage", PACKAGE),
    # Who approves or rejects may not change anything else beside it.
    Permission("sagemaker:UpdateModelPackage", PACKAGE),
    Permission("sagemaker:UpdateModelPackage", PACKAGE, _status("PendingManualApproval")),
    Permission(
        "sagemaker:PutModelPackageGroupPolicy",
        f"{_SAGEMAKER}:model-package-group/flight-delay",
    ),
    Permission("s3:GetObject", object_arn(BUCKET, "training/split=train/part-0")),
    Permission("s3:GetObject", object_arn(BUCKET, "evaluation/a-run/evaluation.json")),
    Permission("s3:PutObject", object_arn(BUCKET, "models/a-run-0-0/output/model.tar.gz")),
    Permission("s3:DeleteObject", object_arn(BUCKET, "models/a-run-0-0/output/model.tar.gz")),
    list_objects(BUCKET, ""),
    list_objects(BUCKET, "training/"),
    Permission("kms:GenerateDataKey", KEY, _THROUGH_S3),
    Permission("kms:Decrypt", KEY),
    *use_of_key(KEY, "sqs", "Decrypt"),
]


@cache
def _decided() -> tuple[dict[str, list[str]], dict[str, str], Simulation]:
    """Kind -> ids of requests; id -> what it is; the decisions."""
    account, bench = deployed("elsewhere"), Bench()
    roles = assembly_of("elsewhere").roles
    titles: dict[str, str] = {}
    bench.policy("everything", [_EVERYTHING])

    def ask(request: Request, title: str) -> str:
        titles[request.id] = title
        return bench.ask(request)

    def request(entry: Ask, principal_account: str = ACCOUNT) -> Request:
        permission, policy = entry.permission, "everything"
        tags = {}
        if entry.role == APPROVER:
            policy = bench.policy(APPROVER, _of_approver())
        elif entry.role:
            role = roles[entry.role]
            policy = bench.policy(
                entry.role, [account.concrete(dict(statement)) for statement in role.statements]
            )
            tags = {tag["Key"]: tag["Value"] for tag in role.resource.properties.get("Tags", [])}
        theirs = account.resource_policy(permission.resource)
        return Request(
            f"{len(titles)}",
            f"arn:{PARTITION}:sts::{principal_account}:assumed-role/a-role/session",
            permission.action,
            permission.resource,
            {
                **permission.context,
                **{f"aws:PrincipalTag/{name}": value for name, value in tags.items()},
                "aws:PrincipalAccount": principal_account,
                "aws:SecureTransport": "true",
                "s3:TlsVersion": "1.3",
            },
            [policy],
            bench.policy(f"policy of {permission.resource}", theirs["Statement"]) if theirs else "",
            owner=REGISTRY,
        )

    shared = [*_of_workflows(), *_of_models(), *_of_people()]
    kinds: dict[str, list[str]] = {"shared": [], "third": [], "not shared": []}
    for entry in shared:
        title = f"{entry.role}: {entry.permission.action} on {entry.permission.resource}"
        base = request(entry)
        kinds["shared"].append(ask(base, title))
        third = request(replace(entry, role=""), "999999999999")
        kinds["third"].append(ask(third, f"a third account: {title}"))
        statements = account.resource_policy(entry.permission.resource)["Statement"]
        ours = [
            statement for statement in statements if ACCOUNT in str(statement.get("Principal", ""))
        ]
        other_statements = [statement for statement in statements if statement not in ours]
        with_sids = [
            {"Sid": f"Statement{number}", **statement} for number, statement in enumerate(ours)
        ]
        for mutation, remaining, actions in mutants(with_sids):
            kind = f"without {entry.permission.resource.split(':')[2]} {mutation}"
            kinds.setdefault(kind, [])
            if entry.permission.action.lower() in actions:
                policy = bench.policy(f"{kind} of {base.id}", [*other_statements, *remaining])
                mutant = replace(base, id=f"{len(titles)}", resourcePolicy=policy)
                kinds[kind].append(ask(mutant, f"{kind}: {title}"))
        if entry.role == APPROVER:
            for mutation, remaining, actions in mutants(_of_approver()):
                kind = f"approver without {mutation}"
                kinds.setdefault(kind, [])
                if entry.permission.action.lower() in actions:
                    mutant = replace(
                        base, id=f"{len(titles)}", identity=[bench.policy(kind, remaining)]
                    )
                    kinds[kind].append(ask(mutant, kind))
    for permission in NOT_SHARED:
        title = f"{permission.action} on {permission.resource} with {permission.context}"
        kinds["not shared"].append(ask(request(Ask(permission, "")), title))
    for entry in _of_models():
        if entry.permission.action == "s3:GetObject":
            from_outside = request(replace(entry, role=""), REGISTRY)
            kinds.setdefault("own, from outside", []).append(ask(from_outside, "own"))
    return kinds, titles, simulate(bench.policies, bench.requests)


def _allowed(kind: str) -> list[str]:
    kinds, titles, simulation = _decided()
    assert kinds[kind]
    return [titles[request] for request in kinds[kind] if simulation.allows(request)]


def test_both_accounts_allow_what_serving_another_accounts_models_takes() -> None:
    kinds, titles, _ = _decided()
    allowed = _allowed("shared")
    assert [titles[request] for request in kinds["shared"] if titles[request] not in allowed] == []


def test_all_that_is_shared_is_needed() -> None:
    kinds, _, simulation = _decided()
    mutant_kinds = {kind: ids for kind, ids in kinds.items() if kind.startswith("without ")}
    assert {kind.split()[1] for kind in mutant_kinds} == {"kms", "s3", "sagemaker"}
    unneeded = [kind for kind, ids in mutant_kinds.items() if all(map(simulation.allows, ids))]
    assert unneeded == []


def test_who_approves_needs_every_statement_of_the_policy() -> None:
    kinds, _, simulation = _decided()
    without = {kind: ids for kind, ids in kinds.items() if kind.startswith("approver without ")}
    assert without
    assert [kind for kind, ids in without.items() if all(map(simulation.allows, ids))] == []


def test_nothing_else_is_shared_whatever_the_other_account_allows() -> None:
    assert _allowed("not shared") == []


def test_a_third_account_gets_nothing() -> None:
    assert _allowed("third") == []


def test_the_registrys_own_roles_still_read_models_from_inside_its_vpc_only() -> None:
    """Sharing exempts the other accounts from the bucket's perimeter, and nobody else."""
    assert _allowed("own, from outside") == []


@pytest.mark.parametrize(
    ("account", "source", "detail_type", "admitted"),
    [
        (REGISTRY, "aws.sagemaker", APPROVAL_EVENT, True),
        (REGISTRY, "aws.sagemaker", "SageMaker Endpoint State Change", False),
        (REGISTRY, "my.application", APPROVAL_EVENT, False),
        ("999999999999", "aws.sagemaker", APPROVAL_EVENT, False),
    ],
)
def test_the_bus_of_the_serving_account_admits_approvals_of_the_registry_only(
    account: str, source: str, detail_type: str, admitted: bool
) -> None:
    assert _delivered(account, to_bus(BUS, source, detail_type), deployed("elsewhere")) is admitted


def test_a_rule_forwards_under_a_role_that_may_and_to_a_bus_that_admits_it() -> None:
    event = to_bus(BUS, "aws.sagemaker", APPROVAL_EVENT)
    (rule,) = (
        rule
        for rule in registry().of_type("AWS::Events::Rule")
        if rule.place == f"MlTraining/Sharing/Approved{ACCOUNT}"
    )
    (target,) = registry().concrete(rule.properties)["Targets"]
    assert target["Arn"] == BUS
    role = registry().statements(target["RoleArn"])
    assert _delivered(REGISTRY, event, deployed("elsewhere"), role)
    assert not _delivered(REGISTRY, event, deployed("elsewhere"), [])
    # Before the serving account is deployed, its bus has no policy.
    assert not _delivered(REGISTRY, event, deployed("defaults"), role)


def _delivered(
    account: str,
    event: Permission,
    receiver: Deployed,
    role: list[dict[str, object]] | None = None,
) -> bool:
    policy = receiver.resource_policy(BUS)
    policies = {
        name: {"Version": "2012-10-17", "Statement": statements}
        for name, statements in (
            ("of the role", [_EVERYTHING] if role is None else role),
            ("of the bus", policy["Statement"] if policy else []),
        )
    }
    request = Request(
        "forward",
        f"arn:{PARTITION}:sts::{account}:assumed-role/a-role/session",
        event.action,
        event.resource,
        event.context,
        ["of the role"],
        "of the bus" if policy else "",
    )
    return simulate(policies, [request]).allows("forward")
