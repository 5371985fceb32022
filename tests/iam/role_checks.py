"""The requests of a workflow, decided with its role as it is, and after each change to the role."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from local.services.iam.permission import Permission
from tests.iam.concrete import Deployed
from tests.iam.needs import WorkflowNeeds, assembly_of, deployed, workflows
from tests.iam.simulation import Request, Simulation, simulate
from tools.assembly import as_list

Statement = Mapping[str, Any]
# A mutant: what is taken away, the statements that remain, and the actions that it concerns.
_Mutant = tuple[str, list[Statement], set[str]]

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_KEY = "arn:aws:kms:us-east-1:000000000000:key/one"
# The context of a request that no guard rail refuses.
_COMPLIANT: Mapping[str, str | list[str]] = {
    "sagemaker:InterContainerTrafficEncryption": "true",
    "sagemaker:OutputKmsKeyArn": _KEY,
    "sagemaker:VolumeKmsKeyArn": _KEY,
    "sagemaker:VpcSecurityGroupIds": ["sg-1"],
    "sagemaker:VpcSubnets": ["subnet-1"],
}


@dataclass
class Check:
    """The requests of one workflow, by their ids in the simulation."""

    permitted: dict[str, str] = field(default_factory=dict)
    """Id -> what the request is."""
    mutants: dict[str, list[str]] = field(default_factory=dict)
    """What was taken away -> the requests that it might concern."""
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """A Deny statement -> the requests that it must refuse."""
    unguarded: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """A Deny statement -> the same requests without it."""


class Bench:
    """Policies and requests, decided in one run."""

    def __init__(self) -> None:
        self.policies: dict[str, Any] = {}
        self.requests: list[Request] = []

    def policy(self, name: str, statements: Sequence[Statement]) -> str:
        """Add a policy; returns its name."""
        self.policies[name] = {"Version": "2012-10-17", "Statement": [*statements]}
        return name

    def ask(self, request: Request) -> str:
        """Add a request; returns its id."""
        self.requests.append(request)
        return request.id


@cache
def checks(settings: str) -> tuple[dict[str, Check], Simulation]:
    """Workflow name -> its requests, and the decisions on all of them."""
    bench, account = Bench(), deployed(settings)
    by_name = {
        needs.name: _check(bench, needs, account)
        for needs in workflows(assembly_of(settings), account)
    }
    return by_name, simulate(bench.policies, bench.requests)


def _check(bench: Bench, needs: WorkflowNeeds, account: Deployed) -> Check:
    check = Check()
    own = bench.policy(needs.name, needs.statements)
    asked: list[Request] = []
    for permission in _each_once(needs.permissions):
        request = _request(bench, needs, permission, account, own)
        check.permitted[bench.ask(request)] = f"{permission.action} on {permission.resource}"
        if not permission.role:
            asked.append(request)
    for title, statements, actions in mutants(needs.statements):
        name = bench.policy(f"{needs.name} without {title}", statements)
        check.mutants[title] = [
            bench.ask(
                replace(
                    request, id=f"{request.id} without {title}", identity=[name], validate=False
                )
            )
            for request in asked
            if request.action.lower() in actions
        ]
    _refusals(bench, check, needs)
    return check


def _request(
    bench: Bench, needs: WorkflowNeeds, permission: Permission, account: Deployed, own: str
) -> Request:
    policy = account.resource_policy(permission.resource)
    tags = {tag["Key"]: tag["Value"] for tag in needs.role.properties.get("Tags", [])}
    identity = own
    if permission.role:
        identity = bench.policy(permission.role, account.statements(permission.role))
    return Request(
        f"{needs.name}: {len(bench.requests)}",
        needs.principal,
        permission.action,
        permission.resource,
        {
            **permission.context,
            **{f"aws:PrincipalTag/{name}": value for name, value in tags.items()},
            "aws:SecureTransport": "true",
        },
        [identity],
        bench.policy(f"policy of {permission.resource}", policy["Statement"]) if policy else "",
        validate=True,
        owner=account.owner(permission.resource),
    )


def _each_once(permissions: Sequence[Permission]) -> list[Permission]:
    """Permissions without repetitions; a mapping has no hash."""
    by_text = {repr(permission): permission for permission in permissions}
    return list(by_text.values())


def mutants(statements: Sequence[Statement]) -> Iterator[_Mutant]:
    """Without each Allow statement, and without each action and resource of one with several."""
    for number, statement in enumerate(statements):
        if statement["Effect"] != "Allow":
            continue
        others = [*statements[:number], *statements[number + 1 :]]
        concerned = {str(action).lower() for action in as_list(statement["Action"])}
        yield statement["Sid"], others, concerned
        for part in ("Action", "Resource"):
            values = as_list(statement[part])
            for value in values if len(values) > 1 else []:
                changed = {**statement, part: [entry for entry in values if entry != value]}
                actions = {value.lower()} if part == "Action" else concerned
                yield f"{statement['Sid']}: {value}", [*others, changed], actions


def _refusals(bench: Bench, check: Check, needs: WorkflowNeeds) -> None:
    """For each Deny statement, requests without the context that it insists on.

    Everything else is allowed to them, so that the statement alone decides.
    """
    everything = bench.policy("everything", [_EVERYTHING])
    for number, statement in enumerate(needs.statements):
        if statement["Effect"] != "Deny":
            continue
        title = statement["Sid"]
        others = [*needs.statements[:number], *needs.statements[number + 1 :]]
        without = bench.policy(f"{needs.name} without {title}", others)
        keys = {key for operator in statement["Condition"].values() for key in operator}
        context = {key: value for key, value in _COMPLIANT.items() if key not in keys}
        for action in as_list(statement["Action"]):
            for ids, policy in ((check.refused, needs.name), (check.unguarded, without)):
                request = Request(
                    f"{policy} asked for {action} without {sorted(keys)}",
                    needs.principal,
                    action,
                    "arn:aws:sagemaker:us-east-1:000000000000:any/one",
                    context,
                    [policy, everything],
                )
                ids[title].append(bench.ask(request))
