"""Who may do what: every role of an architecture, its statements, and the policies of resources."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assembly import Templates, paths, readable
from docgen.tables import code, table

_IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


@dataclass(frozen=True)
class Role:
    """A role, by the path of its construct, and what it may do."""

    stack: str
    path: str
    trusted: tuple[str, ...]
    statements: tuple[Mapping[str, Any], ...]


def roles(templates: Templates) -> Iterator[Role]:
    """Every role, in the order of the templates; statements have their intrinsics spelt out."""
    for stack, template in templates.items():
        names = paths(template)
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] != "AWS::IAM::Role":
                continue
            properties = readable(template, resource["Properties"])
            trust = properties["AssumeRolePolicyDocument"]["Statement"]
            statements = [
                statement
                for policy in properties.get("Policies", [])
                for statement in policy["PolicyDocument"]["Statement"]
            ]
            statements += _attached(template, logical_id)
            yield Role(
                stack,
                names[logical_id],
                tuple(_principals(each["Principal"]) for each in trust),
                tuple(statements),
            )


def matrix(templates: Templates) -> str:
    """The roles as Markdown: a heading and a table each, a row for each action on its resources."""
    return "\n".join(
        f"#### {role.path} {{: data-stack='{role.stack}' }}\n\n"
        f"In `{role.stack}`, assumed by {', '.join(map(code, role.trusted))}.\n\n"
        + table(["action", "resource", "only if"], _rows(role.statements))
        for role in roles(templates)
    )


def _rows(statements: tuple[Mapping[str, Any], ...]) -> Iterator[tuple[str, str, str]]:
    for statement in statements:
        denied = "**denied:** " if statement["Effect"] == "Deny" else ""
        actions = " ".join(map(code, listed(statement.get("Action", statement.get("NotAction")))))
        resources = " ".join(map(code, listed(statement.get("Resource", "*"))))
        condition = statement.get("Condition")
        yield denied + actions, resources, code(json.dumps(condition)) if condition else ""


def _attached(template: dict[str, Any], role: str) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] in _IDENTITY_POLICIES and {"Ref": role} in properties.get("Roles", []):
            yield from readable(template, properties["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    """One or several of something, as a policy writes them, as a list."""
    return value if isinstance(value, list) else [value]


def _principals(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    return ", ".join(str(each) for value in principal.values() for each in listed(value))
