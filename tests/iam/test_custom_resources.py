"""The roles of custom resources allow each call that they make, and no other."""

import json
from collections.abc import Iterator

from local.services.iam.permission import ACCOUNT, PARTITION, REGION
from tests.iam.concrete import Deployed
from tests.iam.needs import deployed
from tests.iam.simulation import Request, simulate
from tools.assembly import as_list

# Parameter that names what a call is about -> the resource of its ARN.
RESOURCES = {
    "LexiconName": "lexicon",
    "TerminologyName": "terminology",
    "VocabularyFilterName": "vocabulary-filter",
    "VocabularyName": "vocabulary",
}
# `Name` is short for the name of what the action is called after.
SHORT = {"Lexicon": "lexicon", "Terminology": "terminology"}
# Calls that have no resource (Service Authorization Reference).
WITHOUT_RESOURCE = {
    "ec2:DescribeManagedPrefixLists",
    "transcribe:CreateVocabulary",
    "transcribe:CreateVocabularyFilter",
}
# The names of terminologies in ARNs: see stacks/language_chain/word_lists.py.
VERSIONS = {"terminology": ("", "/LATEST")}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


def calls(account: Deployed) -> Iterator[tuple[str, str, str]]:
    """Role, action and resource of each call of each custom resource with calls of its own."""
    for resource in account.of_type("Custom::VocabularyReady"):
        function = account.properties(account.concrete(resource.properties)["ServiceToken"])
        name = function["Environment"]["Variables"]["VOCABULARY_NAME"]
        place = f"transcribe:{REGION}:{ACCOUNT}:vocabulary/{name}"
        yield function["Role"], "transcribe:GetVocabulary", f"arn:{PARTITION}:{place}"
    for resource in account.of_type("Custom::AWS"):
        properties = account.concrete(resource.properties)
        role = account.properties(properties["ServiceToken"])["Role"]
        for event in ("Create", "Update", "Delete"):
            if event not in properties:
                continue
            call = json.loads(properties[event])
            service, verb = call["service"].lower(), call["action"]
            action = f"{service}:{verb[0].upper()}{verb[1:]}"
            if file := call["parameters"].get("VocabularyFileUri"):
                yield role, "s3:GetObject", f"arn:{PARTITION}:s3:::{_object_of(file)}"
            if action in WITHOUT_RESOURCE:
                yield role, action, "*"
                continue
            kind = _kind(call["action"], call["parameters"])
            name = next(value for key, value in call["parameters"].items() if key.endswith("Name"))
            for version in VERSIONS.get(kind, ("",)):
                place = f"{service}:{REGION}:{ACCOUNT}:{kind}/{name}{version}"
                yield role, action, f"arn:{PARTITION}:{place}"


def _object_of(uri: str) -> str:
    return uri.removeprefix("s3://")


def _kind(action: str, parameters: dict[str, str]) -> str:
    for parameter, kind in RESOURCES.items():
        if parameter in parameters:
            return kind
    for ending, kind in SHORT.items():
        if action.endswith(ending):
            return kind
    raise AssertionError(f"{action}: what is it about?")


def test_each_call_is_allowed_and_each_statement_needed() -> None:
    account = deployed("everything")
    asked = set(calls(account))
    policies: dict[str, object] = {}
    requests, needed = [], []
    for role in sorted({caller for caller, _, _ in asked}):
        statements = account.statements(role)
        mutants = {"": statements}
        for statement in statements:
            # The logs of the function are no call of a custom resource.
            if not LOGS & set(as_list(statement["Action"])):
                remaining_statements = [entry for entry in statements if entry != statement]
                mutants[statement.get("Sid", "its statement")] = remaining_statements
        for missing, remaining in mutants.items():
            name = f"{role} without {missing}" if missing else role
            policies[name] = {"Version": "2012-10-17", "Statement": remaining}
            needed += [name] if missing else []
            requests += [
                Request(
                    f"{name}: {action} {resource}", _session(role), action, resource, {}, [name]
                )
                for caller, action, resource in sorted(asked)
                if caller == role
            ]
    simulation = simulate(policies, requests)
    denied = {key for key in simulation.decisions if not simulation.allows(key)}
    without = {key for key in denied if " without " in key}
    assert denied == without
    for name in needed:
        assert any(key.startswith(f"{name}: ") for key in without), name


def _session(role_arn: str) -> str:
    return f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/{role_arn.rpartition('/')[2]}/session"
