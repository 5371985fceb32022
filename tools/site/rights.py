"""The permissions of an architecture: every role with its statements, as Markdown."""

import json
from collections.abc import Iterator

from tools.assembly import Assembly, Role, as_list
from tools.markdown import code, table


def matrix(assembly: Assembly) -> str:
    """A heading and a table a role: a row for the actions of a statement on their resources."""
    return "\n\n".join(map(_section, assembly.roles.values())) or "It has no roles."


def _section(role: Role) -> str:
    resource = role.resource
    text = (
        f"#### {resource.path}\n\nIn `{resource.stack}`, assumed by"
        f" {', '.join(map(code, role.principals))}"
    )
    if policies := role.managed_policies:
        text += f", with the managed policies {', '.join(map(code, resource.near(list(policies))))}"
    rows = list(_rows(role))
    return f"{text}.\n\n" + (table(["action", "resource", "condition"], rows) if rows else "")


def _rows(role: Role) -> Iterator[tuple[str, str, str]]:
    for statement in map(role.resource.near, role.statements):
        effect = "**denied:** " if statement["Effect"] == "Deny" else ""
        actions = as_list(statement.get("Action", statement.get("NotAction")))
        resources = as_list(statement.get("Resource", "*"))
        condition = statement.get("Condition")
        yield (
            effect + " ".join(map(code, actions)),
            " ".join(map(code, resources)),
            code(json.dumps(condition)) if condition else "",
        )
