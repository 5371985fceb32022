"""What an identity may do: actions that exist, by name, on resources by name.

cdk-nag's rules on wildcards look at constructs: they see no override, no Fn::If and no policy that
was added as a generic resource. Which actions exist and which take a resource is in the Service
Authorization Reference, packaged by policy_sentry.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data
from policy_sentry.shared.iam_data import get_service_prefix_data

from stacks.shared.gate import policies
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = (
    "ACTION_WILDCARD", "ACTION_UNKNOWN", "NOT_ACTION", "NOT_RESOURCE", "RESOURCE_STAR",
    "PASS_ROLE_TO_ANYTHING", "MANAGED_POLICY",
)  # fmt: skip


def findings(template: Resolved) -> Iterator[Finding]:
    """Statements that allow more than they name, or name what does not exist."""
    for statement in policies.statements(template):
        complaints = [*_unknown(template, statement.body)]
        if not statement.names_principals:
            complaints += _too_much(template, statement.body)
        for rule, sentence in dict.fromkeys(complaints):
            yield Finding(rule, sentence, statement.resource.logical_id)
    for owner in template.of_type("IAM::Role", "IAM::User", "IAM::Group", "SSO::PermissionSet"):
        for name in ("ManagedPolicyArns", "ManagedPolicies"):
            for arn in template.texts(owner.properties.get(name)):
                if ":iam::aws:policy/" in arn:
                    yield Finding(
                        "MANAGED_POLICY",
                        f"{arn.rpartition('/')[2]} is AWS's own, allows more than is needed here,"
                        " and changes without notice: write the statements out.",
                        owner.logical_id,
                    )


@cache
def takes_a_resource(action: str) -> bool:
    """Whether an action may be limited to a resource, as `s3:GetObject` may."""
    service, _, name = action.partition(":")
    rows = get_action_data(service, name).get(service, [])
    return any(row["resource_arn_format"] != "*" for row in rows)


@cache
def exists(action: str) -> bool:
    """Whether an action, or one that its stars match, is in the Service Authorization Reference."""
    service, _, pattern = action.lower().partition(":")
    names = get_service_prefix_data(service).get("privileges_lower_name", {})
    return pattern in names or any(fnmatchcase(name, pattern) for name in names)


def _unknown(template: Resolved, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for action in policies.actions(template, body):
        # Of actions that only resource policies know, like execute-api's, the reference has all.
        if action != "*" and "${" not in action and not exists(action):
            yield (
                "ACTION_UNKNOWN",
                f"{action} is no action of IAM: the Service Authorization Reference lists them.",
            )


def _too_much(template: Resolved, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = policies.actions(template, body)
    resources = template.texts(body.get("Resource"))
    if "NotAction" in body:
        yield "NOT_ACTION", "Allow with NotAction allows all that is not named: name the actions."
    if "NotResource" in body:
        yield (
            "NOT_RESOURCE",
            "Allow with NotResource allows all that is not named: name the resources.",
        )
    for action in names:
        if re.search(r"[*?]", action):
            yield "ACTION_WILDCARD", f"{action} is allowed: name each action."
        elif "*" in resources and takes_a_resource(action):
            yield (
                f"RESOURCE_STAR[{action}]",
                f"{action} is allowed on every resource, and can be limited: name the resources.",
            )
        if fnmatchcase("iam:passrole", action.lower()) and not policies.requires(
            template, body, "iam:passedtoservice", "iam:associatedresourcearn"
        ):
            yield (
                "PASS_ROLE_TO_ANYTHING",
                f"{action} passes a role to any service: require iam:PassedToService.",
            )
