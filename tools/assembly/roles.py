"""IAM roles and the statements of every policy that is attached to them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.assembly.intrinsics import values_at
from tools.assembly.resources import Resource

_STATEMENTS = "PolicyDocument.Statement"
_Statement = Mapping[str, Any]
# The places of the resources that a value refers to.
PlacesIn = Callable[[Any], Iterable[str]]


@dataclass(frozen=True)
class Role:
    """A role with its resolved statements, those of attached policies included."""

    resource: Resource
    statements: tuple[_Statement, ...]

    @property
    def principals(self) -> tuple[str, ...]:
        """Who may assume it."""
        trust = self.resource.properties["AssumeRolePolicyDocument"]["Statement"]
        return tuple(_principals(statement["Principal"]) for statement in trust)

    @property
    def managed_policies(self) -> tuple[str, ...]:
        """The ARNs of its managed policies, as the template writes them."""
        return tuple(map(str, self.resource.properties.get("ManagedPolicyArns", [])))

    def allowed(self) -> Iterator[tuple[str, str]]:
        """Each action that a statement allows, with each of its resources."""
        for statement in self.statements:
            if statement["Effect"] == "Allow":
                for action in as_list(statement.get("Action", [])):
                    for resource in as_list(statement.get("Resource", [])):
                        yield str(action), str(resource)


def roles_of(resources: Mapping[str, Resource], places_in: PlacesIn) -> dict[str, Role]:
    """Place -> role, of resolved `resources` by place."""
    attached: dict[str, list[_Statement]] = defaultdict(list)
    for place, resource in resources.items():
        properties = resource.properties
        if resource.type == "AWS::IAM::Role":
            attached[place] += _statements(properties, f"Policies.{_STATEMENTS}")
            for policy in places_in(properties.get("ManagedPolicyArns", [])):
                attached[place] += _statements(resources[policy].properties, _STATEMENTS)
        elif resource.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for role in places_in(properties.get("Roles", [])):
                attached[role] += _statements(properties, _STATEMENTS)
    return {
        place: Role(resource, tuple(attached[place]))
        for place, resource in resources.items()
        if resource.type == "AWS::IAM::Role"
    }


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def _statements(properties: Mapping[str, Any], dotted_path: str) -> list[_Statement]:
    return [
        statement
        for statements in values_at(properties, dotted_path)
        for statement in as_list(statements)
    ]


def _principals(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    return ", ".join(str(name) for names in principal.values() for name in as_list(names))
