"""A synthesised cloud assembly: its stacks in deployment order, and whose they are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AssemblyStack:
    """A stack of the assembly."""

    id: str
    """As `cdk deploy` takes it, whatever the prefix of its name."""
    name: str
    architecture: str
    template: Path


class Assembly:
    """The assembly in `folder`, as its manifest describes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def stacks(self) -> list[AssemblyStack]:
        """Every stack, each after those it depends on."""
        artifacts = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        stacks = {
            artifact_id: artifact
            for artifact_id, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
        depends = {
            artifact_id: [name for name in artifact.get("dependencies", []) if name in stacks]
            for artifact_id, artifact in stacks.items()
        }
        return [
            self._stack(artifact_id, stacks[artifact_id]["properties"])
            for artifact_id in TopologicalSorter(depends).static_order()
        ]

    @property
    def architectures(self) -> list[str]:
        """The architectures that the stacks are tagged with, in deployment order."""
        return list(dict.fromkeys(stack.architecture for stack in self.stacks))

    @property
    def resource_types(self) -> set[str]:
        """The type of every resource in every template."""
        return {resource_type for resource_type, _ in self.resources()}

    def resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The type and the properties of every resource in every template."""
        for stack in self.stacks:
            for resource in json.loads(stack.template.read_text())["Resources"].values():
                yield resource["Type"], resource.get("Properties", {})

    def _stack(self, artifact_id: str, properties: dict[str, Any]) -> AssemblyStack:
        return AssemblyStack(
            id=artifact_id,
            name=properties.get("stackName", artifact_id),
            architecture=properties["tags"]["architecture"],
            template=self.folder / properties["templateFile"],
        )
