"""The value that every tool reads: made once of a synthesis, and passed on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tools.assembly.intrinsics import Reference, Resolver, references
from tools.assembly.ownership import architecture_of
from tools.assembly.resources import Resource, Templates, resources
from tools.assembly.roles import Role, roles_of


@dataclass(frozen=True, eq=False)
class Assembly:
    """The templates of an app's stacks, and what is read from them, each part computed once."""

    templates: Templates

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource, its properties as in the template."""
        return tuple(resources(self.templates))

    @cached_property
    def places(self) -> dict[str, Resource]:
        """Stack and construct path -> resource, its properties resolved."""
        resolver = Resolver(self.templates)
        return {
            resource.place: replace(
                resource, properties=resolver.resolve(resource.stack, resource.properties)
            )
            for resource in self.resources
        }

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Place -> IAM role with the statements of its policies."""
        return roles_of(self.places, self.places_in)

    def references(self, value: Any) -> Iterator[Reference]:
        """The resources that a resolved value refers to, in its order."""
        for text, text_after in references(value):
            # A construct id may hold a dot, so the attribute is what is left of no other place.
            place = text if text in self.places else text.rpartition(".")[0]
            if place in self.places:
                yield Reference(place, text_after)

    def places_in(self, value: Any) -> Iterator[str]:
        """The places of the resources that a resolved value refers to, in its order."""
        return (reference.place for reference in self.references(value))

    def of_type(self, kind: str) -> list[Resource]:
        """The resources of one type, their properties resolved."""
        return [resource for resource in self.places.values() if resource.type == kind]

    def of(self, architecture: str) -> "Assembly":
        """The stacks of one architecture; references to other stacks keep the export's name."""
        return Assembly(
            {
                stack: template
                for stack, template in self.templates.items()
                if architecture_of(stack) == architecture
            }
        )
