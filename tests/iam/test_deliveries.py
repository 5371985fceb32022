"""What AWS's services do for the stacks, the policies of receivers, keys and roles allow.

And no service is admitted that does nothing: each statement for a service principal is taken away
in turn, and something is refused. Needs no emulator.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import StringShape

from tests.iam.concrete import Deployed
from tests.iam.deliveries import Act, acts, services_of
from tests.iam.needs import SETTINGS, deployed
from tests.iam.simulation import Request, Simulation, simulate

STARTERS = (
    "MlEndpoint/Deployment/ApprovedRole",
    "MlEndpoint/Drift/RetrainRole",
    "MlTraining/Training/CuratedRole",
    "MlTraining/Training/ScheduleRole",
)


@dataclass
class Decided:
    """Requests by their ids, and what was decided."""

    acts: dict[str, Act] = field(default_factory=dict)
    mutants: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """A statement that is taken away -> the requests that it might concern."""
    simulation: Simulation = field(default_factory=lambda: Simulation({}))

    def needless(self) -> list[str]:
        """Statements without which every request is still allowed."""
        return [
            title for title, ids in self.mutants.items() if all(map(self.simulation.allows, ids))
        ]


@cache
def decided(settings: str) -> Decided:
    """Every act of an assembly, and each again without each statement for a service."""
    account, answers = deployed(settings), Decided()
    policies: dict[str, Any] = {}
    requests: list[Request] = []

    def policy(name: str, statements: list[Any]) -> str:
        policies[name] = {"Version": "2012-10-17", "Statement": statements}
        return name

    for number, act in enumerate(acts(account)):
        identifier, receiver = f"{number}", act.permission.resource
        answers.acts[identifier] = act
        is_role = act.actor.startswith("arn:")
        own = account.statements(act.actor) if is_role else []
        document = account.resource_policy(receiver)
        theirs = list(document["Statement"]) if document else []
        base = Request(
            identifier,
            act.actor,
            act.permission.action,
            receiver,
            {**act.permission.context, "aws:SecureTransport": "true"},
            [policy(act.actor, own)] if is_role else [],
            policy(f"of {receiver}", theirs) if theirs else "",
        )
        requests.append(base)
        if is_role and account.by_arn[act.actor].place in STARTERS:
            for statement in own:
                title = f"{account.by_arn[act.actor].place}: {statement['Sid']}"
                remaining_statements = [entry for entry in own if entry != statement]
                name = policy(f"without {title}", remaining_statements)
                mutant = f"{identifier} without {title}"
                answers.mutants[title].append(mutant)
                requests.append(Request(**{**vars(base), "id": mutant, "identity": [name]}))
        for index, statement in enumerate(theirs):
            for service in services_of(statement):
                title = f"{receiver}: {service}, statement {index}"
                name = policy(f"without {title}", theirs[:index] + theirs[index + 1 :] or theirs)
                mutant = f"{identifier} without {title}"
                answers.mutants[title].append(mutant)
                changed = {"id": mutant, "resourcePolicy": name if len(theirs) > 1 else ""}
                requests.append(Request(**{**vars(base), **changed}))
    answers.simulation = simulate(policies, requests)
    return answers


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_delivery_is_admitted(settings: str) -> None:
    answers = decided(settings)
    refused = [
        f"{act.reason}: {act.actor} may not {act.permission.action} on {act.permission.resource}"
        for identifier, act in answers.acts.items()
        if not answers.simulation.allows(identifier)
    ]
    assert not refused, "\n".join(sorted(refused))


def test_no_service_and_no_starter_is_allowed_what_it_does_not_do() -> None:
    needless = decided("everything").needless()
    assert not needless, "\n".join(sorted(needless))


@pytest.mark.parametrize("settings", ["everything", "defaults"])
def test_a_bucket_whose_events_a_rule_expects_sends_them(settings: str) -> None:
    account = deployed(settings)
    buckets = set()
    for rule in account.of_type("AWS::Events::Rule"):
        pattern = account.concrete(rule.properties).get("EventPattern", {})
        if pattern.get("source") == ["aws.s3"]:
            buckets |= set(pattern["detail"]["bucket"]["name"])
    assert buckets
    for bucket in buckets:
        properties = account.properties(f"arn:aws:s3:::{bucket}")
        switch = properties["NotificationConfiguration"]["EventBridgeConfiguration"]
        assert switch == {"EventBridgeEnabled": True}


def test_a_rule_for_ended_executions_knows_every_way_to_end() -> None:
    model = botocore.session.get_session().get_service_model("stepfunctions")
    statuses = model.shape_for("ExecutionStatus")
    assert isinstance(statuses, StringShape)
    ends = set(statuses.enum) - {"RUNNING", "PENDING_REDRIVE"}
    for rule in _rules_of(deployed("defaults"), "aws.states"):
        assert set(rule["detail"]["status"]) == ends


def _rules_of(account: Deployed, source: str) -> list[dict[str, Any]]:
    patterns = [
        account.concrete(rule.properties).get("EventPattern", {})
        for rule in account.of_type("AWS::Events::Rule")
    ]
    patterns_of_source = [pattern for pattern in patterns if pattern.get("source") == [source]]
    assert patterns_of_source
    return patterns_of_source
