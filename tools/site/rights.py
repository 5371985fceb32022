"""Who may do what: every role of an architecture, its statements, and the policies of resources."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.assembly import Templates, spelt_out
from tools.site.tables import code, table

_IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


@dataclass(frozen=True)
class Role:
    """A role, by the path of its construct, and what it may do."""

    stack: str
    path: str
    trusted: tuple[str, ...]
    statements: tuple[Mapping[str, Any], ...]
    managed: tuple[str, ...]


def roles(templates: Templates) -> Iterator[Role]:
    """Every role, in the order of the templates; statements have their intrinsics spelt out."""
    everything = list(spelt_out(templates))
    for each in everything:
        if each.type != "AWS::IAM::Role":
            continue
        documents = [policy["PolicyDocument"] for policy in each.properties.get("Policies", [])]
        documents += [
            other.properties["PolicyDocument"]
            for other in everything
            if other.type in _IDENTITY_POLICIES
            and other.stack == each.stack
            and f"{{{each.path}}}" in other.properties.get("Roles", [])
        ]
        trust = each.properties["AssumeRolePolicyDocument"]["Statement"]
        yield Role(
            each.stack,
            each.path,
            tuple(_principals(statement["Principal"]) for statement in trust),
            tuple(statement for document in documents for statement in document["Statement"]),
            tuple(map(str, each.properties.get("ManagedPolicyArns", []))),
        )


def matrix(templates: Templates) -> str:
    """The roles as Markdown: a heading and a table each, a row for actions on their resources."""
    return "\n".join(map(_table, roles(templates)))


def _table(role: Role) -> str:
    head = f"#### {role.path}\n\nIn `{role.stack}`, assumed by {', '.join(map(code, role.trusted))}"
    if role.managed:
        head += f", with the policies {', '.join(map(code, role.managed))}"
    rows = list(_rows(role.statements))
    return f"{head}.\n\n" + (table(["action", "resource", "only if"], rows) if rows else "")


def _rows(statements: tuple[Mapping[str, Any], ...]) -> Iterator[tuple[str, str, str]]:
    for statement in statements:
        denied = "**denied:** " if statement["Effect"] == "Deny" else ""
        actions = " ".join(map(code, listed(statement.get("Action", statement.get("NotAction")))))
        resources = " ".join(map(code, listed(statement.get("Resource", "*"))))
        condition = statement.get("Condition")
        yield denied + actions, resources, code(json.dumps(condition)) if condition else ""


def listed(value: Any) -> list[Any]:
    """One or several of something, as a policy writes them, as a list."""
    return value if isinstance(value, list) else [value]


def _principals(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    return ", ".join(str(each) for value in principal.values() for each in listed(value))
