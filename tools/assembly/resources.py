"""The resources of templates, by the path of the construct that makes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]
# Stack name -> the template that CloudFormation receives.
Templates = Mapping[str, Template]

# The CDK gives an L2 construct's own resource one of these ids.
_OWN_RESOURCE = ("/Resource", "/Table")


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    stack: str
    logical_id: str
    type: str
    path: str
    """Path of its construct below the stack: `Storage/Lake`."""
    properties: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Stack and path: unique among all stacks of an app."""
        return f"{self.stack}/{self.path}"

    def near(self, value: Any) -> Any:
        """`value` with the name of this resource's own stack left out of its references."""
        match value:
            case str():
                return value.replace(f"{{{self.stack}/", "{")
            case list():
                return [self.near(item) for item in value]
            case Mapping():
                return {key: self.near(item) for key, item in value.items()}
        return value


def resources(templates: Templates) -> Iterator[Resource]:
    """Every resource, in the order of the templates."""
    for stack, template in templates.items():
        path_of = paths(template)
        for logical_id, body in template["Resources"].items():
            yield Resource(
                stack, logical_id, body["Type"], path_of[logical_id], body.get("Properties", {})
            )


def paths(template: Template) -> dict[str, str]:
    """Logical id -> construct path below the stack; the logical id where there is no path."""
    path_of = {}
    for logical_id, body in template["Resources"].items():
        path = body.get("Metadata", {}).get("aws:cdk:path", logical_id)
        below_stack = path.partition("/")[2]
        for ending in _OWN_RESOURCE:
            below_stack = below_stack.removesuffix(ending)
        path_of[logical_id] = below_stack or path
    return path_of
