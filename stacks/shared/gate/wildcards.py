"""Acknowledges wildcards in the resources of policies, under the names that cdk-nag uses."""

from collections.abc import Iterable
from typing import Any

from aws_cdk import Reference, Stack, Tokenization
from constructs import Construct

from stacks.shared.gate import rights
from stacks.shared.gate.acknowledgments import acknowledge


def accept_wildcards(
    construct: Construct, resources: Iterable[str], because: str, actions: Iterable[str] = ()
) -> None:
    """Acknowledge each of `resources` that contains a wildcard, in the policies of `construct`.

    If one of them is a star alone, `actions` that could be limited are acknowledged, too.
    """
    resources = list(resources)
    if "*" in resources:
        for action in filter(rights.takes_a_resource, actions):
            acknowledge(construct, {f"Template-Rules::RESOURCE_STAR[{action}]": because})
    for resource in resources:
        name = _name_in_findings(Stack.of(construct), resource)
        if "*" in name:
            acknowledge(construct, {f"AwsSolutions::AwsSolutions-IAM5[Resource::{name}]": because})


def _name_in_findings(stack: Stack, resource: str) -> str:
    """A resource as cdk-nag writes it: `<LogicalId.Arn>/prefix/*`."""
    resolved = stack.resolve(resource)
    joined = isinstance(resolved, dict) and "Fn::Join" in resolved
    parts = resolved["Fn::Join"][1] if joined else [resolved]
    exports = _exports(stack, resource)
    return "".join(exports.get(str(part)) or _spell(part) for part in parts)


def _exports(stack: Stack, resource: str) -> dict[str, str]:
    """What `resource` references in other stacks -> the export that the CDK creates for it."""
    reasons = {}
    for token in Tokenization.reverse_string(resource).tokens:
        if isinstance(token, Reference) and (owner := Stack.of(token.target)) is not stack:
            export = stack.resolve(owner.export_value(token))
            reasons[str(stack.resolve(token))] = str(export["Fn::ImportValue"])
    return reasons


def _spell(part: Any) -> str:
    if isinstance(part, str):
        return part
    if "Fn::ImportValue" in part:
        return str(part["Fn::ImportValue"])
    target = part.get("Ref") or ".".join(part["Fn::GetAtt"])
    return f"<{target}>"
