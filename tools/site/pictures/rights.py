"""What each role may do: the statements that allow it something."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from policy_sentry.querying.actions import get_action_data

from tools.site.pictures.references import Places, at, named

_ROLE_KEYS = ("Role", "RoleArn", "RoleARN", "ExecutionRoleArn")
_STATEMENTS = "PolicyDocument.Statement"


class Rights:
    """The rights of every role of some templates."""

    def __init__(self, places: Places) -> None:
        self._statements: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for place, each in places.items():
            if each.type == "AWS::IAM::Role":
                self._add(place, at(each.properties, f"Policies.{_STATEMENTS}"))
                for policy, _ in named(each.properties.get("ManagedPolicyArns", [])):
                    if policy in places:
                        self._add(place, at(places[policy].properties, _STATEMENTS))
            elif each.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                for role, _ in named(each.properties.get("Roles", [])):
                    self._add(role, at(each.properties, _STATEMENTS))

    def of(self, role: str) -> Iterator[tuple[str, str]]:
        """Action and resource of each thing that a role is allowed."""
        for statement in self._statements[role]:
            if statement["Effect"] == "Allow":
                for action in _listed(statement.get("Action", [])):
                    for resource in _listed(statement.get("Resource", [])):
                        yield action, resource

    def passed(self, role: str) -> set[str]:
        """The roles that this one may give to what it starts."""
        return {
            place
            for action, resource in self.of(role)
            if action == "iam:PassRole"
            for place, _ in named(resource)
        }

    def _add(self, role: str, found: list[list[Mapping[str, Any]]]) -> None:
        self._statements[role] += [statement for statements in found for statement in statements]


def roles_in(properties: Any) -> Iterator[str]:
    """The roles under which a resource works."""
    if isinstance(properties, list):
        for item in properties:
            yield from roles_in(item)
    elif isinstance(properties, Mapping):
        for key, value in properties.items():
            if key in _ROLE_KEYS:
                yield from (place for place, _ in named(value))
            else:
                yield from roles_in(value)


def access_level(action: str) -> str:
    """Read, List, Write, Tagging or Permissions management. Raises ValueError."""
    found = get_action_data(*action.split(":"))
    if not found:
        raise ValueError(f"{action}: policy_sentry knows no such action. Is it spelt right?")
    return str(next(iter(found.values()))[0]["access_level"])


def _listed(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]
